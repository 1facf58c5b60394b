import type { FastifyPluginCallback } from 'fastify';
import { sendOwnPage } from './own-page.ts';
import { makePairPage } from './pair-page.ts';

/** `GET /pair`: the page for whoever has a pairing code. */
export const pairPageRoute: FastifyPluginCallback = (app, _options, done) => {
  const page = makePairPage();
  app.get('/pair', (_request, reply) => sendOwnPage(reply.header('cache-control', 'no-store'), page));
  done();
};
