import type { FastifyInstance } from 'fastify';
import type { Incidents } from '../observability/incidents.ts';
import { handleInTurn } from '../transports/requests-in-turn.ts';

/** Makes a server with all its routes ready for whoever opens it: requests of a connection come in turn, and `close()` ends all connections. */
export async function makeReady(app: FastifyInstance, incidents: Incidents): Promise<FastifyInstance> {
  // Fastify closes connections only of a server that it opened itself.
  app.addHook('preClose', (done) => {
    setImmediate(() => app.server.closeAllConnections());
    done();
  });
  await app.ready();
  handleInTurn(app.server, { incidents, listener: 'http' });
  return app;
}
