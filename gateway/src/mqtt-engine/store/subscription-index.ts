import { isPattern } from '../../hub/pattern.ts';
import { TopicTrie } from '../../hub/topic-trie.ts';
import type { Reach } from '../contract.ts';
import { isDollarTopic } from '../topic-names.ts';
import { ClientFilters } from './client-filters.ts';
import type { Subscription } from './subscription.ts';

const NOBODY: Reach = { count: 0, qos: 0 };
const NO_FILTERS = new ClientFilters();

/**
 * Every subscription of every MQTT client, those of sessions on disk included, and nobody else knows any: what is on disk is what
 * this was told to be durable, and what a broker core needs to hand messages round is its copy. It tells the hub in one look-up
 * that nobody here wants a channel, and a core for whom a message must be kept on disk.
 */
export class SubscriptionIndex {
  readonly #exact = new Map<string, Map<string, Subscription>>();
  readonly #wild = new TopicTrie<Subscription>();
  /** How many filters with wildcards can match a topic that does not begin with `$`. */
  #plainWildCount = 0;
  readonly #byClient = new Map<string, ClientFilters>();
  #durableCount = 0;
  /** Says whether a client is connected now. */
  readonly isOnline: (id: string) => boolean;
  readonly #mayGet: (id: string, topic: string) => boolean;

  /** `mayGet`: whether a client, online or offline, may get a message to a topic that it subscribes to. */
  constructor(isOnline: (id: string) => boolean, mayGet: (id: string, topic: string) => boolean = () => true) {
    this.isOnline = isOnline;
    this.#mayGet = mayGet;
  }

  set(subscription: Subscription): void {
    const { id, filter, qos, durable, noLocal } = subscription;
    const known = this.#byClient.get(id)?.get(filter);
    // Each subscription of a session that comes back is set again.
    if (known?.qos === qos && known.durable === durable && known.noLocal === noLocal) return;
    this.delete(id, filter);
    let own = this.#byClient.get(id);
    if (own === undefined) {
      own = new ClientFilters();
      this.#byClient.set(id, own);
    }
    own.set(subscription);
    if (durable) this.#durableCount++;
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
    if (subscription.durable) this.#durableCount--;
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
    for (const { filter, durable } of [...this.of(id).all()]) if (!durable) this.delete(id, filter);
  }

  /** Forgets everything that a client subscribed to. */
  deleteAll(id: string): void {
    for (const filter of [...this.of(id).filters()]) this.delete(id, filter);
  }

  /** True where the client has subscriptions on disk. */
  isDurable(id: string): boolean {
    return this.of(id).durableCount > 0;
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
      for (const subscription of exact.values()) this.#count(subscription, topic, reach);
      return reach;
    }
    const reach: Reach = { count: 0, qos: 0 };
    for (const subscription of this.#best(topic).values()) this.#count(subscription, topic, reach);
    return reach;
  }

  /** The subscriptions of sessions on disk that must keep a message of `from` to `topic`, one for each client. */
  keepers(topic: string, from?: string): Subscription[] {
    if (this.#durableCount === 0) return [];
    const keepers: Subscription[] = [];
    for (const subscription of this.#best(topic, from).values()) {
      const { id, durable, qos } = subscription;
      if (durable && qos > 0 && this.#mayGet(id, topic)) keepers.push(subscription);
    }
    return keepers;
  }

  /** What one client subscribes to. Ask again each time: it is another object once the client had none in between. */
  of(id: string): ClientFilters {
    return this.#byClient.get(id) ?? NO_FILTERS;
  }

  #count({ id, durable, qos }: Subscription, topic: string, reach: Reach): void {
    if ((!this.isOnline(id) && !(durable && qos > 0)) || !this.#mayGet(id, topic)) return;
    reach.count++;
    if (qos > reach.qos) reach.qos = qos;
  }

  /** Each client's subscription of the highest QoS that matches `topic`, and wants what is of `from`. */
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
