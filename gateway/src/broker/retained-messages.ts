import { isPattern, matchesPattern } from '../hub/pattern.ts';

/** A message that is kept for later subscribers of its topic. */
export interface RetainedPacket {
  topic: string;
  payload: Buffer;
  qos: number;
}

/**
 * The retained messages, in memory. On disk they are found only by reading all of them, at every SUBSCRIBE; here an
 * exact topic is one look-up. Both their number and their bytes are bounded.
 */
export class RetainedMessages {
  readonly #byTopic = new Map<string, RetainedPacket>();
  /** Messages that nobody was given yet: a subscriber who comes now gets them live. */
  readonly #coming = new Set<RetainedPacket>();
  readonly #maxTopics: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxTopics: number, maxBytes: number) {
    this.#maxTopics = maxTopics;
    this.#maxBytes = maxBytes;
  }

  /** Keeps a message, or takes away the topic's one where the payload is empty; false where there is no room. */
  store(packet: RetainedPacket): boolean {
    const known = this.#byTopic.get(packet.topic);
    const bytes = packet.payload.length;
    if (bytes === 0) {
      this.delete(packet.topic);
      return true;
    }
    const bytesAfter = this.#bytes + bytes - (known?.payload.length ?? 0);
    if (bytesAfter > this.#maxBytes || (!known && this.#byTopic.size >= this.#maxTopics)) return false;
    // The payload is a view of the chunk it was read in, which would be kept as a whole.
    this.#byTopic.set(packet.topic, { topic: packet.topic, payload: Buffer.from(packet.payload), qos: packet.qos });
    this.#bytes = bytesAfter;
    return true;
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
    this.#bytes -= this.#byTopic.get(topic)?.payload.length ?? 0;
    this.#byTopic.delete(topic);
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
