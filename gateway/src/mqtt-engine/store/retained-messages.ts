import type { Owner, SharedBudget } from '../../common/shared-budget.ts';
import { retainedBytes } from '../../hub/kept-bytes.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { RetainedMessage } from '../contract.ts';

/** A message that is to be kept for later subscribers of its topic. */
export interface RetainedPacket extends RetainedMessage {
  /** It is kept on disk by the hub, not here. */
  isHeld?: boolean | undefined;
  /** Who published it, and the address it came from; undefined where the hub did, which has counted it already. */
  clientId?: string | undefined;
  address?: string | undefined;
}

/**
 * The retained messages, in memory. On disk they are found only by reading all of them, at every SUBSCRIBE; here an
 * exact topic is one look-up. The hub's budget bounds their number and their bytes, for the hub's own and these together.
 */
export class RetainedMessages {
  readonly #byTopic = new Map<string, RetainedPacket>();
  /** Messages that nobody was given yet: a subscriber who comes now gets them live. */
  readonly #coming = new Set<RetainedPacket>();
  readonly #budget: SharedBudget;

  constructor(budget: SharedBudget) {
    this.#budget = budget;
  }

  /** Takes in what an earlier run left, whether there is room for it or not. */
  restore(packet: RetainedPacket): void {
    this.#budget.restore(packet.topic, retainedBytes(packet.topic, packet.payload), ownerOf(packet));
    this.#set(packet);
  }

  /** Keeps a message, or takes away the topic's one where the payload is empty; false where there is no room. */
  store(packet: RetainedPacket): boolean {
    const { topic, payload, clientId } = packet;
    if (payload.length === 0) {
      this.delete(topic);
      return true;
    }
    const isCounted = clientId === undefined && this.#budget.has(topic);
    if (!isCounted && !this.#budget.set(topic, retainedBytes(topic, payload), ownerOf(packet))) return false;
    this.#set(packet);
    return true;
  }

  /**
   * Shows a message that the hub keeps on disk and has counted. One that was kept here stays on disk, so that there is no moment at
   * which neither is; after a restart the hub's goes before it.
   */
  hold(topic: string, payload: Buffer): void {
    this.#set({ topic, payload, qos: 1, isHeld: true });
  }

  #set({ topic, payload, qos, isHeld }: RetainedPacket): void {
    // The payload is a view of the chunk it was read in, which would be kept as a whole.
    this.#byTopic.set(topic, { topic, payload: Buffer.from(payload), qos, isHeld });
  }

  /**
   * Shows the topic's message to later subscribers only when `written` has settled, which is when it is delivered to
   * the present ones: a subscriber who comes in between would get it twice.
   */
  hideUntil(written: Promise<void>, topic: string): void {
    const packet = this.#byTopic.get(topic);
    if (!packet) return;
    this.#coming.add(packet);
    const show = () => this.#coming.delete(packet);
    written.then(show, show);
  }

  delete(topic: string): void {
    const packet = this.#byTopic.get(topic);
    // What the hub keeps, the hub counts.
    if (this.#byTopic.delete(topic) && !packet?.isHeld) this.#budget.delete(topic);
  }

  get(topic: string): RetainedPacket | undefined {
    return this.#byTopic.get(topic);
  }

  all(): Iterable<RetainedPacket> {
    return this.#byTopic.values();
  }

  /** The messages on topics that the filter matches, but for those that are still to be delivered. */
  *match(filter: string): Generator<RetainedPacket> {
    const levels = isPattern(filter) ? filter.split('/') : undefined;
    const packet = levels ? undefined : this.#byTopic.get(filter);
    for (const each of levels ? this.#byTopic.values() : packet ? [packet] : []) {
      if (!this.#coming.has(each) && (!levels || matchesPattern(levels, each.topic))) yield each;
    }
  }
}

function ownerOf({ clientId, address }: RetainedPacket): Owner {
  return { client: clientId ?? '', address };
}
