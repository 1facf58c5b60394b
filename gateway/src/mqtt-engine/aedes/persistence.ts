import { Readable } from 'node:stream';
import type { StoredPacket, StoredSubscription } from 'aedes-persistence-level/asyncPersistence.js';
import { hasUnfitCharacter } from '../../common/names.ts';
import type { SharedBudget } from '../../common/shared-budget.ts';
import type { QoS } from '../contract.ts';
import type { OrderedDb } from '../store/ordered-db.ts';
import type { QueueLimits } from '../store/queue-budget.ts';
import { idIn, keyOf, rangeOf, SUBSCRIPTIONS } from '../store/session-keys.ts';
import { SessionList } from '../store/session-list.ts';
import type { Match } from '../store/subscription.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import { QueuePersistence, type StoredClient } from './queue-persistence.ts';
import { type AskHeld, RetainedMessages } from './retained-messages.ts';

export interface PersistenceLimits extends QueueLimits {
  /** How many persistent sessions there may be. */
  maxSessions: number;
}

/** What the persistence tells of failures and full queues. */
export interface PersistenceEvents {
  /** A message to `topic` was not kept, as the queue of `id`, or what all queues may hold, is full. */
  queueFull(id: string, topic: string): void;
  /** A message that `id` published to `topic` was not kept for later subscribers. */
  retainedFull(id: string | undefined, topic: string): void;
  /** A retained message that an earlier version kept was taken away, as no topic may be named so any more. */
  unfitTopic(topic: string): void;
}

export interface PersistenceParts {
  db: OrderedDb;
  index: SubscriptionIndex;
  limits: PersistenceLimits;
  events: PersistenceEvents;
  /** How long the gateway has run, in all its runs. */
  monotonicMs(): number;
  /** See `SessionListParts`. */
  accountOf(id: string): string | undefined;
  /** The room for retained messages. */
  retainedBudget: SharedBudget;
  askHeld: AskHeld;
}

const EMPTY = Buffer.alloc(0);
/** Stands for a session that has no subscriptions: aedes takes a session for a new one where it finds none. */
const NO_SUBSCRIPTIONS: StoredSubscription = Object.freeze({ topic: '$session', qos: 0 });

/**
 * aedes' persistence with what a long life needs: sessions are counted and end, messages keep their order, and subscriptions are
 * matched by one index (the original forgets an exact subscription that a wider one of the same client covers or downgrades).
 */
export class MqttPersistence extends QueuePersistence {
  readonly retained: RetainedMessages;
  readonly sessions: SessionList;
  readonly #db: OrderedDb;
  readonly #index: SubscriptionIndex;
  readonly #events: PersistenceEvents;
  /** Subscriptions that were granted and are to be stored, as aedes has them. */
  readonly #granted = new WeakSet<object>();

  constructor({ db, index, limits, events, monotonicMs, accountOf, retainedBudget, askHeld }: PersistenceParts) {
    super(db, limits, (id, topic) => events.queueFull(id, topic));
    this.#db = db;
    this.#index = index;
    this.#events = events;
    this.retained = new RetainedMessages(retainedBudget, askHeld);
    this.sessions = new SessionList({
      db,
      maxSessions: limits.maxSessions,
      monotonicMs,
      isOnline: (id) => index.isOnline(id),
      accountOf,
      holdsAnything: (id) => index.isDurable(id) || this.holdsMessages(id),
      takeAway: (id, key) => this.#takeAway(id, key),
    });
  }

  override async setup(broker: object): Promise<void> {
    await super.setup(broker);
    const isOld = !(await this.sessions.load());
    const ids = new Set<string>();
    for await (const key of this.#db.keys(rangeOf(SUBSCRIPTIONS))) ids.add(idIn(key, SUBSCRIPTIONS));
    for (const id of ids) {
      if (!this.sessions.has(id)) this.sessions.seen(id);
      for (const { topic, qos, nl } of await super.subscriptionsByClient({ id })) {
        this.#index.set({
          id,
          filter: topic,
          qos: qos as QoS,
          durable: true,
          noLocal: nl === true,
          retainAsPublished: nl === true,
        });
      }
    }
    for await (const packet of super.createRetainedStream('#')) {
      if (hasUnfitCharacter(packet.topic)) await this.#dropUnfit(packet);
      else this.retained.restore(packet);
    }
    for (const id of await this.loadQueues()) {
      if (this.sessions.has(id)) continue;
      if (isOld) this.sessions.seen(id);
      else await this.sessions.end(id);
    }
  }

  /** Earlier versions kept messages to topics that common clients cannot take, and that nobody can take away any more. */
  async #dropUnfit(packet: StoredPacket): Promise<void> {
    this.#events.unfitTopic(packet.topic);
    await super.storeRetained({ ...packet, payload: EMPTY });
  }

  // Sessions

  /** The session's subscriptions, where a client comes that wants one; from now on it has one. */
  override async subscriptionsByClient({ id }: StoredClient): Promise<StoredSubscription[]> {
    await this.sessions.ended(id);
    await this.findFirstId(id);
    const isPresent = this.sessions.has(id);
    this.sessions.seen(id);
    const stored = this.#index.isDurable(id) ? await super.subscriptionsByClient({ id }) : [];
    return isPresent && stored.length === 0 ? [NO_SUBSCRIPTIONS] : stored;
  }

  /** True for what only says that there is a session. */
  isPlaceholder(subscription: object): boolean {
    return subscription === NO_SUBSCRIPTIONS;
  }

  /** A client that comes with a clean session ends the one it had, with all that waits for it (MQTT-3.1.2-6). */
  override async cleanSubscriptions({ id }: StoredClient): Promise<void> {
    await this.sessions.endIfAny(id);
  }

  /** Takes off the disk whatever is the client's, in one write: a power cut leaves all of it or nothing. */
  async #takeAway(id: string, sessionKey: string): Promise<void> {
    this.#index.deleteAll(id);
    const keys = [sessionKey, ...(await this.dropQueue(id))];
    const own = `${keyOf(SUBSCRIPTIONS, id)}:`;
    const filters: string[] = [];
    for await (const key of this.#db.keys(rangeOf(own))) filters.push(key.slice(own.length));
    // What is begun in one go is one write.
    await Promise.all([
      super.removeSubscriptions({ id }, filters),
      this.#db.batch(keys.map((key) => ({ type: 'del' as const, key }))),
    ]);
  }

  /** Resolves when everything is on disk. */
  async settled(): Promise<void> {
    await this.#db.settled();
  }

  /**
   * Keeps a message where it belongs: with the retained ones if a client wants it retained, and in the queue of each of
   * `keepers`. Resolves when it is on disk, in the order of the calls.
   */
  keep(packet: StoredPacket, keepers: readonly Match[]): Promise<void> {
    // One promise answers for all: it rejects where any of them does.
    if (packet.retain && packet.clientId !== undefined) this.storeRetained(packet).catch(ignore);
    for (const { id, qos, retainAsPublished } of keepers) {
      this.enqueue(id, qos, packet, retainAsPublished && packet.retain).catch(ignore);
    }
    const written = this.#db.barrier();
    // A message of QoS 0 is delivered before it is on disk, any other one after that.
    if (packet.retain && packet.qos > 0) this.retained.hideUntil(written, packet.topic);
    return written;
  }

  // Retained messages

  /** Keeps a retained message: in memory at once, on disk when the promise resolves. */
  override async storeRetained(packet: StoredPacket): Promise<void> {
    if (this.retained.store(packet)) await super.storeRetained(packet);
    else {
      // The one before is not the last one any more.
      this.retained.delete(packet.topic);
      this.#events.retainedFull(packet.clientId, packet.topic);
      await super.storeRetained({ ...packet, payload: EMPTY });
    }
  }

  /** Takes a topic's message away, without telling anyone. */
  async clearRetained(topic: string): Promise<void> {
    const isStored = this.retained.isStored(topic);
    this.retained.delete(topic);
    if (isStored) await super.storeRetained({ cmd: 'publish', topic, payload: EMPTY, qos: 0, retain: true });
  }

  /** Nothing: the broker sends them by itself, for each subscription at its own QoS. */
  override createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  // Subscriptions

  /** Has a subscription stored with its packet; what is refused is not. */
  grant(subscription: object): void {
    this.#granted.add(subscription);
  }

  override async addSubscriptions(client: StoredClient, subscriptions: StoredSubscription[]): Promise<void> {
    // aedes hands over all subscriptions of a packet once for each of them.
    const fresh = subscriptions.filter((each) => this.#granted.delete(each));
    if (fresh.length > 0) await super.addSubscriptions(client, fresh);
  }

  override async removeSubscriptions(client: StoredClient, filters: string[]): Promise<void> {
    for (const filter of filters) this.#index.delete(client.id, filter);
    await super.removeSubscriptions(client, filters);
  }
}

function ignore(): void {}
