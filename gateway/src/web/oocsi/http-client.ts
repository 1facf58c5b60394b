import type { Denial } from '../../access/denial.ts';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import { readable } from '../../access/readable.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { SessionContext } from '../../protocols/context.ts';
import type { Place } from '../fair-places.ts';
import { type Asker, identify } from '../identify.ts';
import { RequestError } from '../request-error.ts';

export interface HttpClientHandler {
  /** One message to the client. Must not throw. */
  deliver(message: Message): Delivery;
  /** The hub wants the client gone; whoever joined it calls `hub.leave`. */
  close(reason: LeaveReason): void;
}

/** A client for as long as one HTTP request lasts. */
export class HttpClient implements AdmittedSession {
  readonly id: string;
  readonly protocol = 'http';
  readonly transient = true;
  readonly principal: Principal;
  readonly #handler: HttpClientHandler;
  readonly counts: ClientTraffic;

  constructor(principal: Principal, handler: HttpClientHandler, traffic: ClientTraffic) {
    this.id = principal.id;
    this.principal = principal;
    this.#handler = handler;
    this.counts = traffic;
  }

  deliver(message: Message): Delivery {
    const delivery = this.#handler.deliver(readable(message, this.principal));
    if (delivery === 'delivered') this.counts.countSent();
    return delivery;
  }

  close(reason: LeaveReason): void {
    this.#handler.close(reason);
  }
}

/**
 * Brings a client with an id of its own, such as `http-3f2a`, online, in this place.
 * Rejects with a RequestError where it is not let in, and the place is to be freed.
 */
export async function joinHttpClient(
  context: SessionContext,
  asker: Asker,
  handler: HttpClientHandler,
  place: Place,
): Promise<HttpClient> {
  const { access, hub, random } = context;
  const explain = ({ why }: Denial): string => `You may not join: ${why}.`;
  const id = makeUpId('http', { random, isTaken: (made) => hub.isTaken(made) });
  const principal = await identify(context, { ...asker, id }, explain);
  place.belongsTo(principal);
  const client = new HttpClient(principal, handler, new ClientTraffic(context.metrics, 'http'));
  const denial = access.enter(client.principal, client);
  // Another request was given the same id meanwhile.
  if (denial?.reason === 'taken') return await joinHttpClient(context, asker, handler, place);
  if (denial) throw new RequestError(denial.code, explain(denial));
  return client;
}
