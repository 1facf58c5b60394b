import type { FastifyPluginCallback } from 'fastify';

/** Whether it can do its work: it can; it does not listen everywhere yet; it says goodbye; its state cannot be written to the disk. */
export type Readiness = 'ready' | 'starting' | 'stopping' | 'unwritable';

const UNAVAILABLE = 503;

/**
 * For what watches the gateway from outside, and open to all: nothing but the state is told. `GET /healthz`: `{"status": "ok"}` as long as
 * the gateway answers at all, for what restarts a gateway that does not. `GET /readyz`: `{"status": "ready"}`, or 503 with another state.
 */
export function healthRoutes(readiness: () => Readiness): FastifyPluginCallback {
  return (app, _options, done) => {
    app.route({
      method: ['GET', 'HEAD'],
      url: '/healthz',
      handler: (_request, reply) => void reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    });
    app.route({
      method: ['GET', 'HEAD'],
      url: '/readyz',
      handler: (_request, reply) => {
        const status = readiness();
        void reply
          .code(status === 'ready' ? 200 : UNAVAILABLE)
          .header('cache-control', 'no-store')
          .send({ status });
      },
    });
    done();
  };
}
