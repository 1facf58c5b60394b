import { basename } from 'node:path';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { badHttpOf, type HttpSocket } from '../common/bad-http.ts';
import type { ErrorCode } from '../common/errors.ts';
import { errorBody, rawErrorAnswer } from '../common/http-error.ts';
import { isPeerGone } from '../common/peer-gone.ts';
import type { SessionContext } from '../protocols/context.ts';
import { challenge } from './challenge.ts';
import { UNAUTHORIZED } from './identify.ts';
import { tellPage } from './keep-pages-out.ts';
import { KnownRoutes } from './known-routes.ts';
import type { OriginRules } from './origin-rules.ts';
import { RequestError } from './request-error.ts';

const BAD_HTTP: Partial<Record<ErrorCode, string>> = {
  PEER_GONE: 'The request ended before all of it was there.',
  PEER_TIMEOUT: 'The request took too long to arrive.',
  PEER_TOO_LARGE: 'The headers of the request are too long.',
};
/** The address is right, and the method is not. */
const METHOD_NOT_ALLOWED = 405;
const BODY_TYPES =
  'application/json (curl: -H "Content-Type: application/json"); only messages and signing in also take ' +
  'application/x-www-form-urlencoded and text/plain';

declare module 'fastify' {
  interface FastifyRequest {
    /** The address that the request came from, which its socket knows no more once it is closed. */
    peer: string;
    /** It took too long, and was answered and ended for that. */
    isEnded: boolean;
  }
}

/** Answers every error of a route, and every path that is no route, with `{"error": {"code", "message"}}`. */
export function answerErrors(app: FastifyInstance, context: SessionContext, maxBodyBytes: number): void {
  app.decorateRequest('peer', '');
  app.decorateRequest('isEnded', false);
  app.addHook('onRequest', (request, _reply, done) => {
    request.peer = request.ip ?? 'unknown';
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    answer(context, explain(error, request, maxBodyBytes), request, reply, error);
  });
  const routes = new KnownRoutes();
  app.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.setNotFoundHandler((request, reply) => {
    const methods = routes.methodsAt(request.url.split('?', 1)[0] as string);
    const message = noSuchRoute(request.method, request.url, methods);
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    const status = methods.length > 0 ? METHOD_NOT_ALLOWED : undefined;
    answer(context, new RequestError('PEER_NOT_FOUND', message, status), request, reply);
  });
}

/** Answers a URL that cannot be read; given to fastify as `frameworkErrors`, which asks no hook before. */
export function answerBadUrl(context: SessionContext, rules: OriginRules) {
  return (_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    tellPage(rules, request, reply);
    const message = 'The address of the request cannot be read; % must be followed by two hex digits.';
    answer(context, new RequestError('PEER_MALFORMED', message), request, reply);
  };
}

/** Answers bytes that are not HTTP, and requests that never end; given to fastify as `clientErrorHandler`. */
export function answerBadHttp(context: SessionContext) {
  return (error: NodeJS.ErrnoException, socket: HttpSocket): void => {
    const fault = badHttpOf(error, socket);
    if (fault === undefined) return;
    const { status, code } = fault;
    const message = BAD_HTTP[code] ?? 'This is not an HTTP request; this port speaks HTTP and WebSocket.';
    // Whoever reads the body of a request that ends early tells of it.
    if (code !== 'PEER_GONE' || !socket._httpMessage) {
      context.incidents.report({ door: 'http', who: socket.remoteAddress ?? 'unknown', code, message });
    }
    socket.end(rawErrorAnswer(status, code, message));
  };
}

function answer(
  context: SessionContext,
  error: RequestError,
  request: FastifyRequest,
  reply: FastifyReply,
  cause?: unknown,
): void {
  const { code, message, status } = wasReset(error, request) ? RESET : error;
  // It was told of when it was ended.
  if (code === 'PEER_GONE' && request.isEnded) return;
  if (code === 'INTERNAL')
    context.log.error({ code, error: cause, url: request.url }, 'a request met a fault of the gateway');
  else if (!isQuestion(request, status)) {
    context.incidents.report({ door: 'http', who: request.peer || 'unknown', code, message });
  }
  if (status === UNAUTHORIZED) challenge(request, reply);
  void reply.code(status).send(errorBody(code, message));
}

const RESET = new RequestError(
  'PEER_GONE',
  'The client reset its connection before its request was looked at, so that nobody knows whose it was.',
);

/** Whether it was refused because its connection has no address any more, by which its sender would have been known. */
function wasReset({ status }: RequestError, { peer, raw }: FastifyRequest): boolean {
  return status === UNAUTHORIZED && peer === 'unknown' && raw.socket.remoteAddress === undefined;
}

/** Whether somebody only asked who they are, as the dashboard does before it asks a person to sign in. */
function isQuestion({ method, url }: FastifyRequest, status: number): boolean {
  return status === UNAUTHORIZED && method === 'GET' && url === '/api/v1/session';
}

function explain(error: FastifyError, request: FastifyRequest, maxBodyBytes: number): RequestError {
  if (error instanceof RequestError) return error;
  if (request.raw.destroyed && !request.raw.complete && isPeerGone(error)) {
    const what = `${request.method} ${request.url.split('?', 1)[0]?.slice(0, 100)}`;
    return new RequestError('PEER_GONE', `The client was gone before all of its ${what} was there.`);
  }
  if (error.statusCode === 413) {
    return new RequestError('PEER_TOO_LARGE', `The body is longer than ${maxBodyBytes} bytes, the most that is read.`);
  }
  if (error.statusCode === 415) {
    return new RequestError('PEER_MALFORMED', `The Content-Type of the body must be ${BODY_TYPES}.`, 415);
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new RequestError('PEER_MALFORMED', `The request cannot be read: ${error.message}.`, error.statusCode);
  }
  return diskFault(error) ?? new RequestError('INTERNAL', 'The gateway failed on this request; its log says more.');
}

/** What is to be kept cannot be written: no fault of the gateway's, and somebody can do something about it. */
function diskFault(error: unknown): RequestError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RequestError('DATA_DIR_UNUSABLE', 'The disk of the gateway is full: make room there, and try again.');
  }
  if (code === 'EROFS' || code === 'EIO') {
    const message = `The disk of the gateway cannot be written (${code}): is it damaged, or mounted for reading only?`;
    return new RequestError('DATA_DIR_UNUSABLE', message);
  }
  if ((code === 'EACCES' || code === 'EPERM') && path !== undefined) {
    const message = `The gateway may not write ${basename(path)} in its data folder (${code}): give all of that to its user.`;
    return new RequestError('DATA_DIR_UNUSABLE', message);
  }
  return diskFault(cause);
}

function noSuchRoute(method: string, url: string, methods: readonly string[]): string {
  const path = url.split('?', 1)[0]?.slice(0, 100);
  if (method === 'GET' && /^\/send(\/|$)/.test(url)) return 'Sending is a POST to /send/CHANNEL; a GET sends nothing.';
  const what = methods.length > 0 ? `there is ${methods.join(', ')}` : 'see / for what there is';
  return `There is no ${method} ${path} here; ${what}.`;
}
