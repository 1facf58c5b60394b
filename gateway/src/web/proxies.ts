import type { FastifyInstance } from 'fastify';
import type { ClientAddresses } from '../transports/client-address.ts';

/** Has `request.ip` say who stands behind a proxy. Call it before any other hook is added. */
export function lookBehindProxies(app: FastifyInstance, addresses: ClientAddresses): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const behind = addresses.behind(request.raw);
    if (behind !== undefined) Object.defineProperty(request, 'ip', { value: behind });
    done();
  });
}
