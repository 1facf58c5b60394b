import type { FastifyInstance } from 'fastify';
import { effectOf, type OriginRules } from './origin-rules.ts';
import { RequestError } from './request-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A GET of this route sends, joins or changes something. */
    getActs?: boolean;
  }
}

/** Refuses requests of web pages that may not act, and those that name the gateway by another's name. */
export function keepPagesOut(app: FastifyInstance, rules: OriginRules): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { host, origin, 'sec-fetch-site': site } = request.headers;
    const fetchSite = typeof site === 'string' ? site : undefined;
    const effect = effectOf(request.method, request.routeOptions.config.getActs === true);
    const refusal = rules.refusal({ host, origin, fetchSite }, effect);
    done(refusal && new RequestError('PEER_NOT_ALLOWED', refusal.message, refusal.status));
  });
}
