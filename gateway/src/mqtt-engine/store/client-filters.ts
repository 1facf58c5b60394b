import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { QoS } from '../contract.ts';
import type { Subscription } from './subscription.ts';

/** What one client subscribes to. */
export class ClientFilters {
  readonly #byFilter = new Map<string, Subscription>();
  /** Those of them that have wildcards, split into levels. */
  #patterns: Map<string, readonly string[]> | undefined;
  /** How many are of a session on disk. */
  durableCount = 0;

  get size(): number {
    return this.#byFilter.size;
  }

  get(filter: string): Subscription | undefined {
    return this.#byFilter.get(filter);
  }

  filters(): IterableIterator<string> {
    return this.#byFilter.keys();
  }

  all(): IterableIterator<Subscription> {
    return this.#byFilter.values();
  }

  set(subscription: Subscription): void {
    const { filter, durable } = subscription;
    this.#byFilter.set(filter, subscription);
    if (durable) this.durableCount++;
    if (isPattern(filter)) {
      this.#patterns ??= new Map();
      this.#patterns.set(filter, filter.split('/'));
    }
  }

  delete(filter: string): void {
    const subscription = this.#byFilter.get(filter);
    if (subscription === undefined) return;
    this.#byFilter.delete(filter);
    this.#patterns?.delete(filter);
    if (subscription.durable) this.durableCount--;
  }

  /** The highest QoS of any that matches `topic` (MQTT-3.3.5-1); undefined where none does. */
  granted(topic: string): QoS | undefined {
    let best = this.#byFilter.get(topic)?.qos;
    if (this.#patterns === undefined) return best;
    for (const [filter, levels] of this.#patterns) {
      const { qos } = this.#byFilter.get(filter) as Subscription;
      if ((best === undefined || best < qos) && matchesPattern(levels, topic)) best = qos;
    }
    return best;
  }
}
