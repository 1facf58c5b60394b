import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../common/clock.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's body may take as long as it likes, as long as it comes. */
    isUpload?: boolean;
  }
}

/** Ends requests whose body takes longer than `limitMs` to arrive, but for uploads. */
export function limitBodyTime(app: FastifyInstance, clock: Clock, limitMs: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.routeOptions.config.isUpload) {
      const cancel = clock.after(limitMs, () => {
        if (!request.raw.complete) endRequest(request);
      });
      request.raw.once('close', cancel);
    }
    done();
  });
}

/** Ends a request of which nothing comes for `limitMs`. Call what it returns with each piece, and `end` at the end. */
export function watchProgress(
  request: FastifyRequest,
  clock: Clock,
  limitMs: number,
): { progress(): void; end(): void } {
  let lastMs = clock.monotonicMs();
  let cancel = clock.after(limitMs, check);
  function check(): void {
    // Only what has passed since the last piece counts; a timer for each piece would cost more than the piece.
    const leftMs = limitMs - (clock.monotonicMs() - lastMs);
    if (leftMs > 0) cancel = clock.after(leftMs, check);
    else endRequest(request);
  }
  return {
    progress: () => {
      lastMs = clock.monotonicMs();
    },
    end: () => cancel(),
  };
}

/** Answers as Node does when its own limit for requests is over, and closes the connection. */
function endRequest(request: FastifyRequest): void {
  request.isEnded = true;
  const socket = request.raw.socket as Socket & { server?: Server };
  const error = Object.assign(new Error('the request took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  request.server.server.emit('clientError', error, socket);
  socket.destroySoon();
}
