import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../common/clock.ts';
import type { Incidents } from '../observability/incidents.ts';
import { type IncomingBudget, type Receiver, TOO_MUCH_INCOMPLETE } from '../transports/incoming.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's body may take as long as it likes, as long as it comes. */
    isUpload?: boolean;
  }
}

export interface BodyTime {
  /** How long a body may take to arrive. */
  limitMs: number;
  /** The same of a request that has not proved who makes it, as of a connection that says nothing. */
  unprovenMs: number;
  /** Whether a request comes from somebody with an account; asked when `unprovenMs` are over. */
  isProven(request: FastifyRequest): Promise<boolean>;
}

/** Ends requests whose body takes too long to arrive, but for uploads, which end when nothing comes any more. */
export function limitBodyTime(app: FastifyInstance, clock: Clock, { limitMs, unprovenMs, isProven }: BodyTime): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.routeOptions.config.isUpload) {
      const endAfter = (ms: number, end: () => void): void => {
        const cancel = clock.after(ms, () => {
          request.raw.off('close', cancel);
          if (!request.raw.complete && !request.raw.destroyed) end();
        });
        request.raw.once('close', cancel);
      };
      const end = (): void => endRequest(request);
      if (unprovenMs >= limitMs) endAfter(limitMs, end);
      else {
        endAfter(unprovenMs, () => {
          void isProven(request).then((isKnown) => {
            if (!isKnown) end();
            else endAfter(limitMs - unprovenMs, end);
          });
        });
      }
    }
    done();
  });
}

/**
 * Counts the bodies that are kept in memory until they are complete, each as long as it says that it will be. Uploads are not among them, which
 * go to the disk.
 */
export function countBodies(app: FastifyInstance, incoming: IncomingBudget, incidents: Incidents): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw, routeOptions } = request;
    const isEmpty = raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined;
    if (!isEmpty && !routeOptions.config.isUpload) {
      const receiver: Receiver = {
        peer: request.ip,
        dropIncomplete() {
          request.isEnded = true;
          incidents.report({ door: 'http', who: request.ip, code: 'PEER_TOO_MANY', message: TOO_MUCH_INCOMPLETE });
          raw.socket.destroy();
        },
      };
      const said = Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY);
      const counted = incoming.hold(receiver, Math.min(said, routeOptions.bodyLimit), 0);
      if (counted > 0) raw.once('close', () => incoming.hold(receiver, 0, counted));
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
