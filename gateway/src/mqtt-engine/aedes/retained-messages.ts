import type { Owner, SharedBudget } from '../../common/shared-budget.ts';
import { retainedBytes } from '../../hub/kept-bytes.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { RetainedMessage } from '../contract.ts';

/** A message that is to be kept for later subscribers of its topic. */
export interface RetainedPacket extends RetainedMessage {
  /** Who published it, and the address it came from. */
  clientId?: string | undefined;
  address?: string | undefined;
}

/** What stands for a message that is kept elsewhere; each time another object, as a message that is kept here is. */
class HeldMessage implements RetainedMessage {
  readonly topic: string;
  readonly qos = 1;
  /** A message that was kept here is still on disk, so that there is no moment at which neither is. */
  readonly isStored: boolean;
  readonly #ask: AskHeld;

  constructor(topic: string, isStored: boolean, ask: AskHeld) {
    this.topic = topic;
    this.isStored = isStored;
    this.#ask = ask;
  }

  /** Empty where it is kept no more. */
  get payload(): Buffer {
    return this.#ask(this.topic) ?? NOTHING;
  }
}

/** The payload of a message that is kept elsewhere; undefined where it is not any more. */
export type AskHeld = (topic: string) => Buffer | undefined;

const NOTHING = Buffer.alloc(0);

/**
 * The retained messages that MQTT clients published, in memory, and of those that the hub keeps that it does: what they say is asked
 * for when somebody is to get it. On disk they are found only by reading all of them, at every SUBSCRIBE; here an exact topic is one
 * look-up. The hub's budget bounds their number and their bytes, for the hub's own and these together.
 */
export class RetainedMessages {
  readonly #byTopic = new Map<string, RetainedMessage>();
  /** Messages that nobody was given yet: a subscriber who comes now gets them live. */
  readonly #coming = new Set<RetainedMessage>();
  readonly #budget: SharedBudget;
  readonly #askHeld: AskHeld;

  constructor(budget: SharedBudget, askHeld: AskHeld) {
    this.#budget = budget;
    this.#askHeld = askHeld;
  }

  /** Takes in what an earlier run left, whether there is room for it or not. */
  restore(packet: RetainedPacket): void {
    this.#budget.restore(packet.topic, retainedBytes(packet.topic, packet.payload), ownerOf(packet));
    this.#set(packet);
  }

  /** Keeps a message, or takes away the topic's one where the payload is empty; false where there is no room. */
  store(packet: RetainedPacket): boolean {
    const { topic, payload } = packet;
    if (payload.length === 0) {
      this.delete(topic);
      return true;
    }
    if (!this.#budget.set(topic, retainedBytes(topic, payload), ownerOf(packet))) return false;
    this.#set(packet);
    return true;
  }

  /**
   * Notes that the hub keeps a message for a topic, in place of any other, and has counted it. One that was kept here stays on disk, so
   * that there is no moment at which neither is; after a restart the hub's goes before it.
   */
  hold(topic: string): void {
    this.#byTopic.set(topic, new HeldMessage(topic, this.isStored(topic), this.#askHeld));
  }

  /** True where the topic has a message on disk here. */
  isStored(topic: string): boolean {
    const message = this.#byTopic.get(topic);
    return message instanceof HeldMessage ? message.isStored : message !== undefined;
  }

  #set({ topic, payload, qos, account }: RetainedMessage): void {
    // The payload is a view of the chunk it was read in, which would be kept as a whole.
    this.#byTopic.set(topic, { topic, payload: Buffer.from(payload), qos, account });
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
    const message = this.#byTopic.get(topic);
    this.#byTopic.delete(topic);
    // What the hub keeps, the hub counts.
    if (message !== undefined && !(message instanceof HeldMessage)) this.#budget.delete(topic);
  }

  get(topic: string): RetainedMessage | undefined {
    return this.#byTopic.get(topic);
  }

  /** The topic's message, where it is kept here. */
  own(topic: string): RetainedMessage | undefined {
    const message = this.#byTopic.get(topic);
    return message instanceof HeldMessage ? undefined : message;
  }

  *allOwn(): Generator<RetainedMessage> {
    for (const message of this.#byTopic.values()) if (!(message instanceof HeldMessage)) yield message;
  }

  /** The messages on topics that the filter matches, but for those that are still to be delivered. */
  *match(filter: string): Generator<RetainedMessage> {
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
