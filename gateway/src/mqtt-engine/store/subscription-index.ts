import type { FilterWatch } from '../../hub/egress.ts';
import { isPattern } from '../../hub/pattern.ts';
import { countedWatch } from '../../hub/watch-channels.ts';
import type { Reach } from '../contract.ts';
import { isDollarTopic, sharedFilter } from '../topic-names.ts';
import { ClientFilters } from './client-filters.ts';
import { type SharedGroup, SharedGroups } from './shared-groups.ts';
import type { Match, Subscription, SubscriptionInit } from './subscription.ts';
import { WildFilters } from './wild-filters.ts';

const NOBODY: Reach = { count: 0, qos: 0 };
const NO_FILTERS = new ClientFilters();
const NO_IDS: readonly string[] = [];

/** Who subscribes to one filter without wildcards: by client id, where there are several. */
type Subscribers = Subscription | Map<string, Subscription>;

/**
 * Every subscription of every MQTT client, those of sessions on disk included, and nobody else knows any: what is on disk is what
 * this was told to be durable, and what a broker core needs to hand messages round is its copy. It tells the hub in one look-up
 * that nobody here wants a channel, and a core for whom a message must be kept on disk.
 */
export class SubscriptionIndex {
  readonly #exact = new Map<string, Subscribers>();
  readonly #wild = new WildFilters<Subscription>();
  /** How many filters with wildcards can match a topic that does not begin with `$`, and one that does. */
  #plainWildCount = 0;
  #dollarWildCount = 0;
  /** How many subscriptions there are to topics that begin with `$`, without wildcards. */
  #dollarExactCount = 0;
  readonly #shared = new SharedGroups();
  readonly #byClient = new Map<string, ClientFilters>();
  #durableCount = 0;
  /** Who is told of each subscription; replaced and never changed. */
  #watches: readonly FilterWatch[] = [];
  /** Says whether a client is connected now. */
  readonly isOnline: (id: string) => boolean;
  readonly #mayGet: (id: string, topic: string) => boolean;

  /** `mayGet`: whether a client, online or offline, may get a message to a topic that it subscribes to. */
  constructor(isOnline: (id: string) => boolean, mayGet: (id: string, topic: string) => boolean = () => true) {
    this.isOnline = isOnline;
    this.#mayGet = mayGet;
  }

  set(init: SubscriptionInit): void {
    const { id, filter, qos, durable, noLocal = false, retainAsPublished = false, identifier = 0 } = init;
    const own = this.#byClient.get(id);
    const known = own?.get(filter);
    // Each subscription of a session that comes back is set again.
    const isSame =
      known?.qos === qos &&
      known.durable === durable &&
      known.noLocal === noLocal &&
      known.retainAsPublished === retainAsPublished &&
      (known.identifiers?.[0] ?? 0) === identifier;
    if (isSame) return;
    const shared = sharedFilter(filter);
    const identifiers = identifier === 0 ? undefined : [identifier];
    const whole = shared && filter;
    const subscription: Subscription = {
      id,
      filter,
      qos,
      durable,
      noLocal,
      retainAsPublished,
      identifiers,
      shared: whole,
    };
    // A member of a group keeps its turn.
    if (known !== undefined) this.#forget(known, shared !== undefined);
    this.#filtersOf(id).set(subscription);
    if (durable) this.#durableCount++;
    for (const watch of this.#watches) watch.began(shared?.filter ?? filter);
    if (shared !== undefined) {
      this.#shared.set(subscription, shared);
      return;
    }
    if (isPattern(filter)) {
      this.#wild.set(filter, id, subscription);
      if (isDollarTopic(filter)) this.#dollarWildCount++;
      else this.#plainWildCount++;
      return;
    }
    if (isDollarTopic(filter)) this.#dollarExactCount++;
    const subscribers = this.#exact.get(filter);
    if (subscribers instanceof Map) subscribers.set(id, subscription);
    else if (subscribers === undefined || subscribers.id === id) this.#exact.set(filter, subscription);
    else
      this.#exact.set(
        filter,
        new Map([
          [subscribers.id, subscribers],
          [id, subscription],
        ]),
      );
  }

  #filtersOf(id: string): ClientFilters {
    let own = this.#byClient.get(id);
    if (own === undefined) {
      own = new ClientFilters();
      this.#byClient.set(id, own);
    }
    return own;
  }

  delete(id: string, filter: string): void {
    const subscription = this.#byClient.get(id)?.get(filter);
    if (subscription !== undefined) this.#forget(subscription, false);
  }

  /** `keepsTurn`: a shared one stays in its group, where another takes its place. */
  #forget(subscription: Subscription, keepsTurn: boolean): void {
    const { id, filter } = subscription;
    const own = this.#byClient.get(id);
    own?.delete(filter);
    if (own?.size === 0) this.#byClient.delete(id);
    if (subscription.durable) this.#durableCount--;
    for (const watch of this.#watches) watch.ended(sharedFilter(filter)?.filter ?? filter);
    if (keepsTurn) return;
    const shared = subscription.shared === undefined ? undefined : sharedFilter(filter);
    if (shared !== undefined) {
      this.#shared.delete(filter, id, shared);
      return;
    }
    if (isPattern(filter)) {
      this.#wild.delete(filter, id);
      if (isDollarTopic(filter)) this.#dollarWildCount--;
      else this.#plainWildCount--;
      return;
    }
    if (isDollarTopic(filter)) this.#dollarExactCount--;
    const subscribers = this.#exact.get(filter);
    if (subscribers instanceof Map) {
      subscribers.delete(id);
      if (subscribers.size === 0) this.#exact.delete(filter);
    } else if (subscribers?.id === id) this.#exact.delete(filter);
  }

  /** See `MqttEngine.watchFilters`. */
  watchFilters(told: FilterWatch): () => void {
    const watch = countedWatch(told);
    for (const own of this.#byClient.values()) {
      for (const filter of own.filters()) watch.began(sharedFilter(filter)?.filter ?? filter);
    }
    this.#watches = [...this.#watches, watch];
    return () => {
      this.#watches = this.#watches.filter((other) => other !== watch);
    };
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
    const subscribers = this.#exact.get(filter);
    if (subscribers instanceof Map) return subscribers.keys();
    return subscribers === undefined ? NO_IDS : [subscribers.id];
  }

  /** All filters without wildcards that somebody subscribes to, shared ones left out. */
  topics(): Iterable<string> {
    return this.#exact.keys();
  }

  /** True where any session on disk subscribes to anything. */
  get anyDurable(): boolean {
    return this.#durableCount > 0;
  }

  /** True where a topic that begins with `$` may have a subscriber. */
  get hearsDollar(): boolean {
    return this.#dollarExactCount + this.#dollarWildCount + this.#shared.size > 0;
  }

  /** The members of the shared subscription that is called so as a whole; undefined where there are none. */
  group(whole: string): SharedGroup | undefined {
    return this.#shared.get(whole);
  }

  /** Who gets what is published to `topic`. */
  reach(topic: string): Reach {
    if (!this.#exact.has(topic) && !this.#mayMatchMore(topic)) return NOBODY;
    const reach: Reach = { count: 0, qos: 0 };
    const count = (match: Match): void => {
      if (!this.#isReached(match, topic)) return;
      reach.count++;
      if (match.qos > reach.qos) reach.qos = match.qos;
    };
    this.visit(topic, undefined, count, ({ members }) => {
      const member = members.find((each) => this.#isReached(each, topic));
      if (member !== undefined) count(member);
    });
    return reach;
  }

  /**
   * Calls `each` once for every client with subscriptions that match `topic`, but for those that want nothing of `from`, with the highest QoS
   * of those that match, and all their identifiers; and `eachGroup` for every shared subscription. Asks nobody whether they may get it.
   */
  visit(
    topic: string,
    from: string | undefined,
    each: (match: Match) => void,
    eachGroup: (group: SharedGroup) => void,
  ): void {
    const exact = this.#exact.get(topic);
    if (!this.#mayMatchMore(topic)) {
      if (exact !== undefined) visitExact(exact, from, each);
      return;
    }
    const found = this.#wild.match(topic);
    const wild = found.some(({ noLocal }) => noLocal)
      ? found.filter(({ noLocal, id }) => !noLocal || id !== from)
      : found;
    if (wild.length === 0) {
      if (exact !== undefined) visitExact(exact, from, each);
    } else if (exact === undefined && wild.length === 1) each(wild[0] as Subscription);
    else {
      const best = new Map<string, Match>();
      if (exact !== undefined) visitExact(exact, from, (subscription) => best.set(subscription.id, subscription));
      for (const subscription of wild) {
        const known = best.get(subscription.id);
        best.set(subscription.id, known === undefined ? subscription : merge(known, subscription));
      }
      for (const match of best.values()) each(match);
    }
    if (this.#shared.size > 0) this.#shared.match(topic, eachGroup);
  }

  /** What one client subscribes to. Ask again each time: it is another object once the client had none in between. */
  of(id: string): ClientFilters {
    return this.#byClient.get(id) ?? NO_FILTERS;
  }

  /** Whether more than the subscriptions to exactly this topic can match it. */
  #mayMatchMore(topic: string): boolean {
    if (this.#shared.size > 0) return true;
    // Wildcards at the beginning of a filter match no topic that begins with $ (MQTT-4.7.2-1).
    return (isDollarTopic(topic) ? this.#dollarWildCount : this.#plainWildCount) > 0;
  }

  #isReached({ id, durable, qos }: Match, topic: string): boolean {
    return (this.isOnline(id) || (durable && qos > 0)) && this.#mayGet(id, topic);
  }
}

function visitExact(exact: Subscribers, from: string | undefined, each: (subscription: Subscription) => void): void {
  if (!(exact instanceof Map)) {
    if (!exact.noLocal || exact.id !== from) each(exact);
    return;
  }
  for (const subscription of exact.values()) {
    if (!subscription.noLocal || subscription.id !== from) each(subscription);
  }
}

/** What two subscriptions of one client that overlap are to a message that matches both (MQTT-3.3.4-2). */
function merge(one: Match, other: Match): Match {
  const { id, durable } = one;
  const identifiers =
    one.identifiers && other.identifiers
      ? [...one.identifiers, ...other.identifiers]
      : (one.identifiers ?? other.identifiers);
  return {
    id,
    durable: durable || other.durable,
    qos: (other.qos > one.qos ? other : one).qos,
    retainAsPublished: one.retainAsPublished || other.retainAsPublished,
    identifiers,
    shared: undefined,
  };
}
