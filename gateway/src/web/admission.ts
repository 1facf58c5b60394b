import type { FastifyInstance } from 'fastify';
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
    const refusal = rules.refusal({ host, origin, fetchSite }, effect);
    if (refusal) {
      done(new RequestError('PEER_NOT_ALLOWED', refusal.message, refusal.status));
      return;
    }
    if (origin !== undefined && rules.mayAct(origin, host)) {
      void reply.headers({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': '*',
        vary: 'Origin',
      });
      const { 'access-control-request-method': method, 'access-control-request-headers': headers } = request.headers;
      if (request.method === 'OPTIONS' && method !== undefined) {
        void reply.headers({
          'access-control-allow-methods': 'GET, POST, PUT, DELETE',
          'access-control-max-age': '86400',
        });
        if (headers !== undefined) void reply.header('access-control-allow-headers', headers);
        void reply.code(204).send();
        return;
      }
    }
    done();
  });
}
