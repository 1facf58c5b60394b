import { isPattern } from '../../hub/pattern.ts';
import { TopicTrie } from '../../hub/topic-trie.ts';
import { isDollarTopic } from '../topic-names.ts';

export type QoS = 0 | 1 | 2;

/** One client's subscription to one topic filter. */
export interface Subscription {
  readonly id: string;
  readonly filter: string;
  readonly qos: QoS;
  /** It belongs to a session on disk, which outlives the connection. */
  readonly durable: boolean;
  /** Of a bridge: it does not get what its own client published, and is told what was published to be retained. */
  readonly noLocal?: boolean;
}

/** Who of the MQTT clients gets what is published to a topic. */
export interface Reach {
  /** How many get it: those online, and those whose session on disk keeps it for them. */
  count: number;
  /** The highest quality of service that any of them asked for. */
  qos: QoS;
}

const NOBODY: Reach = { count: 0, qos: 0 };

/**
 * Every subscription of every MQTT client, those of sessions on disk included. It tells the hub in one look-up that
 * nobody here wants a channel, and the broker for whom a message must be kept on disk.
 */
export class SubscriptionIndex {
  readonly #exact = new Map<string, Map<string, Subscription>>();
  readonly #wild = new TopicTrie<Subscription>();
  /** How many filters with wildcards can match a topic that does not begin with `$`. */
  #plainWildCount = 0;
  readonly #byClient = new Map<string, Map<string, Subscription>>();
  readonly #durable = new Map<string, number>();
  /** Says whether a client is connected now. */
  readonly isOnline: (id: string) => boolean;

  constructor(isOnline: (id: string) => boolean) {
    this.isOnline = isOnline;
  }

  set(subscription: Subscription): void {
    const { id, filter, durable } = subscription;
    this.delete(id, filter);
    let own = this.#byClient.get(id);
    if (own === undefined) {
      own = new Map();
      this.#byClient.set(id, own);
    }
    own.set(filter, subscription);
    if (durable) this.#durable.set(id, (this.#durable.get(id) ?? 0) + 1);
    if (isPattern(filter)) {
      this.#wild.set(filter, id, subscription);
      if (!isDollarTopic(filter)) this.#plainWildCount++;
      return;
    }
    let subscribers = this.#exact.get(filter);
    if (subscribers === undefined) {
      subscribers = new Map();
      this.#exact.set(filter, subscribers);
    }
    subscribers.set(id, subscription);
  }

  delete(id: string, filter: string): void {
    const own = this.#byClient.get(id);
    const subscription = own?.get(filter);
    if (own === undefined || subscription === undefined) return;
    own.delete(filter);
    if (own.size === 0) this.#byClient.delete(id);
    if (subscription.durable) {
      const left = (this.#durable.get(id) ?? 1) - 1;
      if (left > 0) this.#durable.set(id, left);
      else this.#durable.delete(id);
    }
    if (isPattern(filter)) {
      this.#wild.delete(filter, id);
      if (!isDollarTopic(filter)) this.#plainWildCount--;
      return;
    }
    const subscribers = this.#exact.get(filter);
    subscribers?.delete(id);
    if (subscribers?.size === 0) this.#exact.delete(filter);
  }

  /** Forgets what a client subscribed to for the time of its connection only. */
  deleteTransient(id: string): void {
    for (const subscription of [...(this.#byClient.get(id)?.values() ?? [])]) {
      if (!subscription.durable) this.delete(id, subscription.filter);
    }
  }

  /** Forgets everything that a client subscribed to. */
  deleteAll(id: string): void {
    for (const filter of [...(this.#byClient.get(id)?.keys() ?? [])]) this.delete(id, filter);
  }

  /** True where the client has subscriptions on disk. */
  isDurable(id: string): boolean {
    return this.#durable.has(id);
  }

  /** The clients subscribed to exactly this filter. */
  exact(filter: string): Iterable<string> {
    return this.#exact.get(filter)?.keys() ?? [];
  }

  /** Who gets what is published to `topic`. */
  reach(topic: string): Reach {
    const exact = this.#exact.get(topic);
    if (this.#plainWildCount === 0 && !isDollarTopic(topic)) {
      if (exact === undefined) return NOBODY;
      const reach: Reach = { count: 0, qos: 0 };
      for (const subscription of exact.values()) this.#count(subscription, reach);
      return reach;
    }
    const reach: Reach = { count: 0, qos: 0 };
    for (const subscription of this.#best(topic).values()) this.#count(subscription, reach);
    return reach;
  }

  /** The subscriptions of sessions on disk that must keep a message of `from` to `topic`, one for each client. */
  keepers(topic: string, from?: string): Subscription[] {
    if (this.#durable.size === 0) return [];
    const keepers: Subscription[] = [];
    for (const subscription of this.#best(topic, from).values()) {
      if (subscription.durable && subscription.qos > 0) keepers.push(subscription);
    }
    return keepers;
  }

  /** The highest quality of service at which the client subscribed to anything that matches `topic`, or undefined. */
  granted(id: string, topic: string): QoS | undefined {
    return this.#best(topic).get(id)?.qos;
  }

  #count(subscription: Subscription, reach: Reach): void {
    if (!this.isOnline(subscription.id) && !(subscription.durable && subscription.qos > 0)) return;
    reach.count++;
    if (subscription.qos > reach.qos) reach.qos = subscription.qos;
  }

  /** Each client's subscription of the highest quality of service that matches `topic`, and wants what is of `from`. */
  #best(topic: string, from?: string): Map<string, Subscription> {
    const best = new Map(this.#exact.get(topic));
    if (from !== undefined && best.get(from)?.noLocal) best.delete(from);
    this.#wild.match(topic, (subscription) => {
      if (subscription.noLocal && subscription.id === from) return;
      const known = best.get(subscription.id);
      if (known === undefined || known.qos < subscription.qos) best.set(subscription.id, subscription);
    });
    return best;
  }
}
