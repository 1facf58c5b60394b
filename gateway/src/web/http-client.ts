import { randomBytes } from 'node:crypto';
import type { Message } from '../hub/message.ts';
import type { Delivery, LeaveReason, Session } from '../hub/session.ts';
import type { SessionContext } from '../protocols/context.ts';
import { RequestError } from './request-error.ts';

export interface HttpClientHandler {
  /** One message to the client. Must not throw. */
  deliver(message: Message): Delivery;
  /** The hub wants the client gone; whoever joined it calls `hub.leave`. */
  close(reason: LeaveReason): void;
}

/** A client for as long as one HTTP request lasts. */
export class HttpClient implements Session {
  readonly id: string;
  readonly protocol = 'http';
  readonly transient = true;
  readonly #handler: HttpClientHandler;

  constructor(id: string, handler: HttpClientHandler) {
    this.id = id;
    this.#handler = handler;
  }

  deliver(message: Message): Delivery {
    return this.#handler.deliver(message);
  }

  close(reason: LeaveReason): void {
    this.#handler.close(reason);
  }
}

/**
 * Brings a client with an id of its own, `http-` and eight hex digits, online. `peer` is the address of the request.
 * Throws a RequestError where the policy does not let it in.
 */
export function joinHttpClient(context: SessionContext, peer: string, handler: HttpClientHandler): HttpClient {
  for (;;) {
    const client = new HttpClient(`http-${randomBytes(4).toString('hex')}`, handler);
    const verdict = context.policy.mayJoin({ id: client.id, protocol: 'http', peer });
    if (!verdict.allowed) throw new RequestError('PEER_NOT_ALLOWED', `You may not join: ${verdict.why}.`);
    if (context.hub.join(client).outcome === 'joined') return client;
  }
}
