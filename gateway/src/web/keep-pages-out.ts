import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readAuthorization } from './credentials.ts';
import { effectOf, type OriginRules, sourceOf } from './origin-rules.ts';
import { RequestError } from './request-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A GET of this route sends, joins or changes something. */
    getActs?: boolean;
  }
}

/** What a page of another origin may read of an answer beside its content; the `*` does not count where a browser adds credentials. */
const EXPOSED = [
  ...['*', 'content-disposition', 'content-range', 'etag', 'location', 'retry-after', 'upload-offset'],
  ...['www-authenticate', 'x-image-height', 'x-image-width'],
].join(', ');

/**
 * Refuses requests of web pages that may not act, and those that name the gateway by another's name. Pages of other origins that
 * may act read the answers too, and their browsers are told so beforehand where they ask (CORS). A page of any origin may act with a
 * token that it brings itself.
 */
export function keepPagesOut(app: FastifyInstance, rules: OriginRules): void {
  app.addHook('onRequest', (request, reply, done) => {
    const effect = effectOf(request.method, request.routeOptions.config.getActs === true);
    const isTold = tellPage(rules, request, reply);
    // Nor may a page of another site show what is read as an image, or run it as a script, for which it need not read it.
    if (effect === 'read') void reply.header('cross-origin-resource-policy', 'same-site');
    const refusal = rules.refusal(sourceOf(request.headers), effect, bringsToken(request));
    if (refusal) {
      done(new RequestError('PEER_NOT_ALLOWED', refusal.message, refusal.status));
      return;
    }
    const { 'access-control-request-method': method, 'access-control-request-headers': headers } = request.headers;
    if (isTold && request.method === 'OPTIONS' && method !== undefined) {
      void reply.headers({
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-max-age': '86400',
      });
      if (headers !== undefined) void reply.header('access-control-allow-headers', headers);
      void reply.code(204).send();
      return;
    }
    done();
  });
}

/**
 * Tells the browser what it may do with the answer, an error as well: to take it for nothing but what its type says, and to let the page that
 * asks read it, where that may act. Returns whether it does.
 */
export function tellPage(rules: OriginRules, request: FastifyRequest, reply: FastifyReply): boolean {
  const { host, origin } = request.headers;
  // What is answered to one page must not be taken from a cache for another.
  void reply.headers({ vary: 'Origin', 'x-content-type-options': 'nosniff' });
  if (origin === undefined || rules.refusal({ host, origin }, 'act', bringsToken(request))) return false;
  void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
  if (rules.maySignIn({ host, origin }, 'act')) void reply.header('access-control-allow-credentials', 'true');
  return true;
}

/** Whether a token comes with it, or is about to, as a browser asks beforehand; whether that is right is found out later. */
function bringsToken({ method, headers }: FastifyRequest): boolean {
  if (method !== 'OPTIONS') return readAuthorization(headers)?.scheme === 'bearer';
  const asked = headers['access-control-request-headers']?.toLowerCase().split(',') ?? [];
  return asked.some((name) => name.trim() === 'authorization');
}
