import { isPattern, matchesPattern } from '../../hub/pattern.ts';
import type { QoS } from '../contract.ts';
import type { Subscription } from './subscription.ts';

/** What one client subscribes to. */
export class ClientFilters {
  /** The first, as long as there is no other: most clients have one. */
  #only: Subscription | undefined;
  /** All of them, once there were several. */
  #byFilter: Map<string, Subscription> | undefined;
  /** Those of them that have wildcards, split into levels. */
  #patterns: Map<string, readonly string[]> | undefined;
  /** How many are of a session on disk. */
  durableCount = 0;

  get size(): number {
    if (this.#byFilter !== undefined) return this.#byFilter.size;
    return this.#only === undefined ? 0 : 1;
  }

  get(filter: string): Subscription | undefined {
    if (this.#byFilter !== undefined) return this.#byFilter.get(filter);
    return this.#only?.filter === filter ? this.#only : undefined;
  }

  filters(): Iterable<string> {
    if (this.#byFilter !== undefined) return this.#byFilter.keys();
    return this.#only === undefined ? [] : [this.#only.filter];
  }

  all(): Iterable<Subscription> {
    if (this.#byFilter !== undefined) return this.#byFilter.values();
    return this.#only === undefined ? [] : [this.#only];
  }

  set(subscription: Subscription): void {
    const { filter, durable } = subscription;
    if (this.#byFilter !== undefined) this.#byFilter.set(filter, subscription);
    else if (this.#only === undefined || this.#only.filter === filter) this.#only = subscription;
    else {
      this.#byFilter = new Map([
        [this.#only.filter, this.#only],
        [filter, subscription],
      ]);
      this.#only = undefined;
    }
    if (durable) this.durableCount++;
    if (isPattern(filter)) {
      this.#patterns ??= new Map();
      this.#patterns.set(filter, filter.split('/'));
    }
  }

  delete(filter: string): void {
    const subscription = this.get(filter);
    if (subscription === undefined) return;
    if (this.#byFilter === undefined) this.#only = undefined;
    else this.#byFilter.delete(filter);
    this.#patterns?.delete(filter);
    if (subscription.durable) this.durableCount--;
  }

  /** The highest QoS of any that matches `topic` (MQTT-3.3.5-1); undefined where none does. */
  granted(topic: string): QoS | undefined {
    let best = this.get(topic)?.qos;
    if (this.#patterns === undefined) return best;
    for (const [filter, levels] of this.#patterns) {
      const { qos } = this.get(filter) as Subscription;
      if ((best === undefined || best < qos) && matchesPattern(levels, topic)) best = qos;
    }
    return best;
  }
}
