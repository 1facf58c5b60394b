import type { Hub } from '../../../hub/hub.ts';
import type { Session } from '../../../hub/session.ts';
import type { Bus } from '../bus.ts';
import { decodeMove, decodeSubscriptions, encodeMove, encodeSubscriptions } from './moves.ts';

export interface MovingParts {
  bus: Bus;
  hub: Hub;
  prefix: string;
  misread(who: string): void;
}

/** Who has nothing keeps silent. */
const ANSWER_MS = 1000;
/** Protocols whose clients say again what they want, or whose sessions are not the hub's. */
const SAY_AGAIN: ReadonlySet<string> = new Set(['mqtt', 'frames']);
/** How many clients may be asked about at once. */
const MAX_OPEN = 1000;

/**
 * Subscriptions go with a client that moves from one gateway to another. Whoever has come is asked about once, and the gateway where it was before
 * says what waits for it there. Those of MQTT clients belong to their session, which stays where it is, and devices of frames say anew what they
 * want.
 */
export class Moving {
  readonly #parts: MovingParts;
  readonly #undo: (() => void)[];
  #open = 0;

  constructor(parts: MovingParts) {
    this.#parts = parts;
    const { bus, hub, prefix } = parts;
    this.#undo = [
      // By then it has what waited for it here.
      hub.events.on('join', (id) => queueMicrotask(() => void this.#ask(id))),
      bus.serve(`${prefix}.s`, (payload) => this.#answer(payload)),
    ];
  }

  stop(): void {
    for (const undo of this.#undo) undo();
  }

  async #ask(id: string): Promise<void> {
    const { bus, hub, prefix } = this.#parts;
    const session: Session | undefined = hub.session(id);
    const { isOfGateway, transient, protocol = '', account } = hub.ownClient(id) ?? {};
    if (session === undefined || isOfGateway || transient || SAY_AGAIN.has(protocol) || hub.isBrief(protocol)) return;
    const hasOwn = hub.subscriptions(session).some((address) => !hub.isReserved(address));
    if (hasOwn || !bus.isUp || this.#open >= MAX_OPEN) return;
    this.#open++;
    const answer = await bus.request(`${prefix}.s`, encodeMove({ id, protocol, account }), ANSWER_MS);
    this.#open--;
    const addresses = answer && decodeSubscriptions(answer);
    if (addresses !== undefined) hub.adopt(session, addresses);
  }

  #answer(payload: Uint8Array): Uint8Array | undefined {
    const { hub, misread } = this.#parts;
    const move = decodeMove(payload);
    if (move === undefined) {
      misread('moves');
      return undefined;
    }
    const addresses = hub.handOver(move.id, move.protocol, move.account);
    return addresses.length === 0 ? undefined : encodeSubscriptions(addresses);
  }
}
