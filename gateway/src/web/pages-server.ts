import { type FastifyInstance, fastify } from 'fastify';
import { GatewayError } from '../common/errors.ts';
import type { SessionContext } from '../protocols/context.ts';
import { answerBadHttp, answerBadUrl, answerErrors } from './error-answers.ts';
import { keepPagesOut } from './keep-pages-out.ts';
import { NO_SCHEMAS } from './no-schemas.ts';
import type { OriginRules } from './origin-rules.ts';
import { makeReady } from './ready-server.ts';
import { RequestError } from './request-error.ts';
import { StaticFiles } from './static-files.ts';

export interface PagesServerOptions {
  context: SessionContext;
  /** An absolute path. */
  folder: string;
  /** Which names the gateway goes by; the same for its pages. */
  originRules: OriginRules;
  maxConnections: number;
  /** How long a request may take to arrive, of which none has a proof. */
  handshakeTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const ICON = '/favicon.ico';
/** Nothing here reads a body. */
const MAX_BODY_BYTES = 1024;

/**
 * Serves the pages of the operator's own, read-only, by an origin of their own. It is ready when the promise resolves but does not
 * listen; open `server` and close with `close()`.
 *
 * @throws GatewayError CONFIG_INVALID where there is no such folder
 */
export async function createPagesServer(options: PagesServerOptions): Promise<FastifyInstance> {
  const { context, folder, originRules, maxConnections, handshakeTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const requestTimeout = Math.min(handshakeTimeoutMs, REQUEST_TIMEOUT_MS);
  const files = openFolder(folder);
  const app = fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: false,
    forceCloseConnections: true,
    requestTimeout,
    // Node looks every half minute otherwise.
    http: { connectionsCheckingInterval: Math.ceil(requestTimeout / 5), headersTimeout: requestTimeout },
    exposeHeadRoutes: false,
    frameworkErrors: answerBadUrl(context, originRules),
    clientErrorHandler: answerBadHttp(context),
  });
  app.server.maxConnections = maxConnections;
  answerErrors(app, context, MAX_BODY_BYTES);
  keepPagesOut(app, originRules);
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request, reply) => {
      const path = request.raw.url?.split('?', 1)[0] ?? '/';
      try {
        return await files.answer(request, reply, path);
      } catch (error) {
        // Every browser asks for it by itself, and most folders have none: no fault of anybody's.
        const isNoIcon = path === ICON && error instanceof RequestError && error.code === 'PEER_NOT_FOUND';
        if (!isNoIcon) throw error;
        return reply.code(204).send();
      }
    },
  });
  return await makeReady(app, context.incidents);
}

function openFolder(folder: string): StaticFiles {
  try {
    return new StaticFiles(folder);
  } catch (error) {
    const message = `There is no folder ${folder} for pages: make it, or correct pages.folder in the configuration.`;
    throw new GatewayError('CONFIG_INVALID', message, { cause: error });
  }
}
