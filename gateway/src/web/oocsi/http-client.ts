import { makeUpId } from '../../common/made-up-ids.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason, Session } from '../../hub/session.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';

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
 * Brings a client with an id of its own, such as `http-3f2a`, online. `peer` is the address of the request.
 * Throws a RequestError where the policy does not let it in.
 */
export function joinHttpClient(context: SessionContext, peer: string, handler: HttpClientHandler): HttpClient {
  const { hub, policy, random } = context;
  const client = new HttpClient(makeUpId('http', { random, isTaken: (id) => hub.isTaken(id) }), handler);
  const verdict = policy.mayJoin({ id: client.id, protocol: 'http', peer });
  if (!verdict.allowed) throw new RequestError('PEER_NOT_ALLOWED', `You may not join: ${verdict.why}.`);
  hub.join(client);
  return client;
}
