import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { effectOf, type OriginRules } from './origin-rules.ts';
import { RequestError } from './request-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A GET of this route sends, joins or changes something. */
    getActs?: boolean;
  }
}

/**
 * Refuses requests of web pages that may not act, and those that name the gateway by another's name. Pages of other origins that
 * may act read the answers too, and their browsers are told so beforehand where they ask (CORS).
 */
export function keepPagesOut(app: FastifyInstance, rules: OriginRules): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { host, origin, 'sec-fetch-site': site } = request.headers;
    const fetchSite = typeof site === 'string' ? site : undefined;
    const effect = effectOf(request.method, request.routeOptions.config.getActs === true);
    const isTold = tellPage(rules, request, reply);
    const refusal = rules.refusal({ host, origin, fetchSite }, effect);
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

/** Lets the page that asks read the answer, an error as well, where it may act. Returns whether it does. */
export function tellPage(rules: OriginRules, { headers }: FastifyRequest, reply: FastifyReply): boolean {
  const { host, origin } = headers;
  // What is answered to one page must not be taken from a cache for another.
  void reply.header('vary', 'Origin');
  if (origin === undefined || rules.refusal({ host, origin }, 'act')) return false;
  void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': '*' });
  return true;
}
