import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Incidents } from '../observability/incidents.ts';

/** So many requests of a connection may wait for the answer to the one before; more than any client that pipelines sends. */
const MOST_WAITING = 100;

type Handler = (message: IncomingMessage, response: ServerResponse) => void;

/**
 * Handles the requests of each connection one after the other. Node hands a request over as soon as it has arrived (RFC 9112, section
 * 9.3.2), and tells the answers that still wait for their turn nothing when the connection is gone: what they have open would stay
 * open for ever. Call it when all handlers are set.
 */
export function handleInTurn(
  server: Server,
  { incidents, listener }: { incidents: Incidents; listener: string },
): void {
  const turns = new WeakMap<Socket, Turns>();
  for (const event of ['request', 'checkContinue'] as const) {
    const handlers = server.listeners(event) as Handler[];
    if (handlers.length === 0) continue;
    server.removeAllListeners(event);
    server.on(event, (message: IncomingMessage, response: ServerResponse) => {
      const { socket } = message;
      const own = turns.get(socket) ?? new Turns(socket);
      turns.set(socket, own);
      const isTaken = own.take(response, () => {
        for (const handler of handlers) handler.call(server, message, response);
      });
      if (isTaken || socket.destroyed) return;
      const fault = `It asked ${MOST_WAITING} times and more without waiting for an answer, so its connection was ended.`;
      incidents.report({
        door: listener,
        who: socket.remoteAddress ?? 'unknown',
        code: 'PEER_TOO_MANY',
        message: fault,
      });
      socket.destroy();
    });
  }
}

/** The requests of one connection, and which of them is being answered. */
class Turns {
  readonly #socket: Socket;
  readonly #waiting: (() => void)[] = [];
  #isAnswering = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Runs a handler now or when its turn comes; never where the connection is gone before. False where too many wait. */
  take(response: ServerResponse, handle: () => void): boolean {
    const start = (): void => {
      this.#isAnswering = true;
      response.once('close', this.#next);
      handle();
    };
    if (!this.#isAnswering) start();
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(start);
    else return false;
    return true;
  }

  readonly #next = (): void => {
    this.#isAnswering = false;
    // Also one that ends with the answer before: Node gives no connection to those that come behind.
    if (!this.#socket.writable) this.#waiting.length = 0;
    else this.#waiting.shift()?.();
  };
}
