import type { Clock } from '../../../common/clock.ts';
import { TopicTrie } from '../../../hub/topic-trie.ts';

/** Messages that are not older than this are for whoever is subscribed; clocks may differ by so much. */
const FRESH_MS = 10_000;

/** Since when what is wanted here: who subscribes today need not hear what was said yesterday, while this gateway was away. */
export class Since {
  readonly #clock: Clock;
  readonly #filters = new TopicTrie<number>();
  #hasBegun = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is added before the end of this turn was there all the time, such as the sessions of clients that are away. */
  begin(): void {
    queueMicrotask(() => {
      this.#hasBegun = true;
    });
  }

  /** A filter is wanted, until the returned function is called. */
  add(filter: string): () => void {
    const sinceMs = this.#hasBegun ? this.#clock.now() : Number.NEGATIVE_INFINITY;
    this.#filters.set(filter, filter, sinceMs);
    return () => this.#filters.delete(filter, filter);
  }

  /** Whether somebody subscribed to a channel before a message was sent, as far as the clock is right. */
  isWanted(channel: string, timestampMs: number): boolean {
    if (this.#clock.now() - timestampMs < FRESH_MS || !this.#clock.isTrusted()) return true;
    let isWanted = false;
    this.#filters.match(channel, (sinceMs) => {
      isWanted ||= sinceMs - FRESH_MS < timestampMs;
    });
    return isWanted;
  }
}
