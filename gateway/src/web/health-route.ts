import type { FastifyPluginCallback } from 'fastify';

/** `GET /healthz`: `{"status": "ok"}` as long as the gateway answers at all, for what restarts a gateway that does not. */
export const healthRoute: FastifyPluginCallback = (app, _options, done) => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: (_request, reply) => void reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  });
  done();
};
