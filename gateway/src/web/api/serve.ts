import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AccountError } from '../../access/account-book.ts';
import { printable } from '../../common/printable.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { readBodiesAsMembers } from '../body.ts';
import { identify } from '../identify.ts';
import { isStranger, operatorOf } from '../operator.ts';
import { RequestError } from '../request-error.ts';
import { validated, validatedQuery } from '../validated.ts';
import type { ApiRoute } from './route.ts';
import { lazy } from './schema.ts';
import { Viewer } from './viewer.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is defined by, if it is one of the API. */
    apiRoute?: ApiRoute;
  }
}

const NOT_ALLOWED = 'This is for accounts that may operate the gateway.';

/** Of routes that ask for nothing behind the `?`: who writes something there is told, and not left to think that it counted. */
const noQuery = lazy(() => z.strictObject({}));

const FAULTS = {
  unknown: 'PEER_NOT_FOUND',
  exists: 'PEER_NAME_TAKEN',
  invalid: 'PEER_MALFORMED',
} as const satisfies Record<AccountError['reason'], string>;

/** Serves routes of the API: each asks who it is, checks what it is asked, and answers with what its handler makes of that. */
export function serveApi(context: SessionContext, routes: readonly ApiRoute[]): FastifyPluginCallback {
  return (app, _options, done) => {
    neverStored(app);
    const ofBytes = routes.filter(({ readsBytes }) => readsBytes);
    if (ofBytes.length > 0) {
      void app.register((scope, _none, registered) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
        add(scope, context, ofBytes);
        registered();
      });
    }
    const ofMembers = routes.filter(({ readsMembers }) => readsMembers);
    if (ofMembers.length > 0) {
      void app.register((scope, _none, registered) => {
        readBodiesAsMembers(scope);
        add(scope, context, ofMembers);
        registered();
      });
    }
    add(
      app,
      context,
      routes.filter(({ readsMembers, readsBytes }) => !readsMembers && !readsBytes),
    );
    done();
  };
}

/** Has no browser and no proxy store what is answered. */
export function neverStored(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, _payload, next) => {
    void reply.header('cache-control', 'no-store');
    next();
  });
}

/** What answers a request by a route of the API. */
export function handlerOf(
  context: SessionContext,
  route: ApiRoute,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return (request, reply) => answer(context, route, request, reply);
}

function add(app: FastifyInstance, context: SessionContext, routes: readonly ApiRoute[]): void {
  for (const route of routes) {
    app.route({
      // What can be read can be asked about.
      method: route.method === 'GET' && !isStream(route) ? ['GET', 'HEAD'] : route.method,
      url: route.path,
      config: { apiRoute: route, isUpload: route.readsBytes === true },
      ...(route.maxBodyBytes === undefined ? {} : { bodyLimit: route.maxBodyBytes }),
      handler: handlerOf(context, route),
    });
  }
}

async function answer(
  context: SessionContext,
  route: ApiRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const viewer = await viewerOf(context, route, request);
  const params = request.params as Record<string, string>;
  const { partName } = route;
  try {
    const content = await route.handler({
      params,
      query: route.readsQuery ? undefined : validatedQuery((route.query ?? noQuery)(), request.query),
      body: route.readsMembers
        ? undefined
        : route.body && validated(route.body(), request.body, partName && ((path) => partName(path, params))),
      viewer,
      request,
      reply,
    });
    if (route.logs !== undefined) note(context, route.logs, request, viewer);
    if (reply.sent || isStream(route)) return reply;
    const [status = '200'] = Object.keys(route.answers);
    void reply.code(Number(status));
    return content ?? reply.send();
  } catch (error) {
    if (error instanceof AccountError) throw new RequestError(FAULTS[error.reason], error.message);
    throw error;
  }
}

/** Whether its handler writes the answer itself. */
function isStream({ events, streams }: ApiRoute): boolean {
  return events !== undefined || streams !== undefined;
}

async function viewerOf(
  context: SessionContext,
  { needs, notAllowed = NOT_ALLOWED }: ApiRoute,
  request: FastifyRequest,
): Promise<Viewer> {
  const { access } = context;
  if (needs === 'operate') {
    const operator = await operatorOf(context, request);
    if (operator !== undefined) return new Viewer(access, operator, false);
    throw new RequestError('PEER_NOT_ALLOWED', notAllowed);
  }
  const { peer } = request.asker;
  const principal = needs === 'see' ? await identify(context, request.asker) : access.former({ protocol: 'http' });
  return new Viewer(access, principal, peer === '' || isStranger(request.asker, principal));
}

/** Tells the log what was changed, and by whom. */
function note(
  { log }: SessionContext,
  { what, subject }: NonNullable<ApiRoute['logs']>,
  { params, body }: FastifyRequest,
  { principal }: Viewer,
): void {
  const { name, id } = { ...(body as object | undefined), ...(params as object) } as { name?: unknown; id?: unknown };
  const named = name ?? id;
  const about = typeof named === 'string' ? { [subject]: printable(named) } : {};
  log.info({ ...about, by: principal.account ?? principal.proof, peer: principal.peer }, what);
}
