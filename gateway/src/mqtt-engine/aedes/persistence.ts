import { Readable } from 'node:stream';
import AsyncLevelPersistence, {
  type StoredPacket,
  type StoredSubscription,
} from 'aedes-persistence-level/asyncPersistence.js';
import { hasUnfitCharacter } from '../../common/names.ts';
import type { SharedBudget } from '../../common/shared-budget.ts';
import { CatchingUp } from '../store/catching-up.ts';
import type { OrderedDb } from '../store/ordered-db.ts';
import { firstFreeId } from '../store/packet-ids.ts';
import { QueueBudget, type QueueLimits } from '../store/queue-budget.ts';
import { RetainedMessages } from '../store/retained-messages.ts';
import {
  INCOMING,
  idIn,
  keyOf,
  OUTGOING,
  OUTGOING_IDS,
  rangeOf,
  SESSIONS,
  SUBSCRIPTIONS,
} from '../store/session-keys.ts';
import type { QoS, Subscription, SubscriptionIndex } from '../store/subscriptions.ts';

/** A client as the persistence is given it. */
export interface StoredClient {
  readonly id: string;
  readonly clean?: boolean;
  readonly connected?: boolean;
  readonly closed?: boolean;
  readonly conn?: { room(): Promise<void> };
}

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

const EMPTY = Buffer.alloc(0);
/** Which day a client was here last is enough to know: a client that comes and goes must not wear out the disk. */
const SEEN_MS = 86_400_000;
/** Stands for a session that has no subscriptions: aedes takes a session for a new one where it finds none. */
const NO_SUBSCRIPTIONS: StoredSubscription = Object.freeze({ topic: '$session', qos: 0 });

/**
 * aedes' sessions on disk, with what a long life needs: messages keep their order, a client's queue is bounded, a
 * message that is not in a queue any more is no reason to end the connection, and subscriptions are matched by one index
 * (the original forgets an exact subscription that a wider one of the same client covers or downgrades).
 */
export class MqttPersistence extends AsyncLevelPersistence {
  readonly retained: RetainedMessages;
  readonly #db: OrderedDb;
  readonly #index: SubscriptionIndex;
  readonly #maxSessions: number;
  readonly #events: PersistenceEvents;
  readonly #monotonicMs: () => number;
  /** The sessions on disk, and when their clients were here last. */
  readonly #sessions = new Map<string, number>();
  readonly #queues: QueueBudget;
  /** Received messages of quality 2 that wait for their release, by connection. */
  readonly #incoming = new WeakMap<StoredClient, Set<number | undefined>>();
  /** The clients of whom such messages are on disk. */
  readonly #unreleased = new Set<string>();
  readonly #catchingUp = new CatchingUp();
  /** The packet ids that a client that has come back was sent before: sent again, they are duplicates (MQTT-3.3.1-1). */
  readonly #repeated = new WeakMap<StoredClient, Set<number | undefined>>();
  /** Where the packet ids of clients that are coming back begin. */
  readonly #firstIds = new Map<string, number>();
  /** Sessions whose end is being written. */
  readonly #ending = new Map<string, Promise<void>>();
  /** The packet ids that are being taken off the queue of a connection. */
  readonly #clearing = new WeakMap<StoredClient, Set<number>>();
  readonly #refused = new WeakSet<object>();
  readonly #stored = new WeakSet<object>();

  /** `monotonicMs`: how long the gateway has run, in all its runs; `budget`: the room for retained messages. */
  constructor(
    db: OrderedDb,
    index: SubscriptionIndex,
    limits: PersistenceLimits,
    events: PersistenceEvents,
    monotonicMs: () => number,
    budget: SharedBudget,
  ) {
    super(db);
    this.#db = db;
    this.#monotonicMs = monotonicMs;
    this.#index = index;
    this.#maxSessions = limits.maxSessions;
    this.#queues = new QueueBudget(limits);
    this.#events = events;
    this.retained = new RetainedMessages(budget);
  }

  override async setup(broker: object): Promise<void> {
    await super.setup(broker);
    for await (const [key, value] of this.#db.entries(rangeOf(SESSIONS))) {
      this.#sessions.set(idIn(`${key}:`, SESSIONS), Number(value.toString()) || 0);
    }
    // Earlier versions wrote no sessions down: whoever has anything has one.
    const isOld = this.#sessions.size === 0;
    const ids = new Set<string>();
    for await (const key of this.#db.keys(rangeOf(SUBSCRIPTIONS))) ids.add(idIn(key, SUBSCRIPTIONS));
    for (const id of ids) {
      if (!this.#sessions.has(id)) this.seen(id);
      for (const { topic, qos, nl } of await super.subscriptionsByClient({ id })) {
        this.#index.set({ id, filter: topic, qos: qos as QoS, durable: true, noLocal: nl === true });
      }
    }
    for await (const packet of super.createRetainedStream('#')) {
      if (hasUnfitCharacter(packet.topic)) await this.#dropUnfit(packet);
      else this.retained.restore(packet);
    }
    for await (const [key, value] of this.#db.entries(rangeOf(OUTGOING))) {
      this.#queues.restore(idIn(key, OUTGOING), value.length);
    }
    for await (const key of this.#db.keys(rangeOf(INCOMING))) this.#unreleased.add(idIn(key, INCOMING));
    for (const id of [...this.#queues.ids(), ...this.#unreleased]) {
      if (this.#sessions.has(id)) continue;
      if (isOld) this.seen(id);
      else await this.#end(id);
    }
  }

  /** Earlier versions kept messages to topics that common clients cannot take, and that nobody can take away any more. */
  async #dropUnfit(packet: StoredPacket): Promise<void> {
    this.#events.unfitTopic(packet.topic);
    await super.storeRetained({ ...packet, payload: EMPTY });
  }

  // Sessions

  /** True where the client has a session, whether it is here or away. */
  hasSession(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** True where the client has a session or there is room for one: where all are taken, the oldest that holds nothing ends. */
  mayKeepSession(id: string): boolean {
    return this.#sessions.has(id) || this.#sessions.size < this.#maxSessions || this.#makeRoom();
  }

  /** The session's subscriptions, where a client comes that wants one; from now on it has one. */
  override async subscriptionsByClient({ id }: StoredClient): Promise<StoredSubscription[]> {
    await this.#ending.get(id);
    if (this.#queues.has(id)) this.#firstIds.set(id, await this.#firstFreeId(id));
    const isPresent = this.#sessions.has(id);
    this.seen(id);
    const stored = this.#index.isDurable(id) ? await super.subscriptionsByClient({ id }) : [];
    return isPresent && stored.length === 0 ? [NO_SUBSCRIPTIONS] : stored;
  }

  async #firstFreeId(id: string): Promise<number> {
    const own = `${keyOf(OUTGOING_IDS, id)}:`;
    const used: number[] = [];
    for await (const key of this.#db.keys(rangeOf(own))) used.push(Number(key.slice(own.length)));
    return firstFreeId(used);
  }

  /**
   * Keeps a client that has come back from being sent a new message under the id of one that it has not acknowledged, which it
   * would take for a duplicate (MQTT-2.3.1-4). To be called before anything is delivered to it.
   */
  chooseIds(client: { readonly id: string; _nextId: number }): void {
    const first = this.#firstIds.get(client.id);
    if (first === undefined) return;
    this.#firstIds.delete(client.id);
    client._nextId = first;
  }

  /** True for what only says that there is a session. */
  isPlaceholder(subscription: object): boolean {
    return subscription === NO_SUBSCRIPTIONS;
  }

  /** A client that comes with a clean session ends the one it had, with all that waits for it (MQTT-3.1.2-6). */
  override async cleanSubscriptions({ id }: StoredClient): Promise<void> {
    if (this.#sessions.has(id) || this.#ending.has(id)) await this.#end(id);
  }

  /** Notes that the client of a session is here. */
  seen(id: string): void {
    const nowMs = this.#monotonicMs();
    const before = this.#sessions.get(id);
    if (before !== undefined && nowMs - before < SEEN_MS) return;
    this.#sessions.set(id, nowMs);
    this.#db.put(keyOf(SESSIONS, id), Buffer.from(String(Math.round(nowMs)))).catch(ignore);
  }

  /** Ends the sessions of clients that are away for longer than `expiryMs`; their ids. */
  async expire(expiryMs: number): Promise<string[]> {
    const before = this.#monotonicMs() - expiryMs;
    const expired: string[] = [];
    for (const id of [...this.#sessions.keys()]) {
      // Who is here when the power fails was here a day ago at most, as far as the disk knows.
      if (this.#index.isOnline(id)) this.seen(id);
      else if ((this.#sessions.get(id) ?? before) < before) {
        await this.#end(id);
        expired.push(id);
      }
    }
    return expired;
  }

  #makeRoom(): boolean {
    for (const id of this.#sessions.keys()) {
      if (this.#index.isDurable(id) || this.#queues.has(id) || this.#unreleased.has(id) || this.#index.isOnline(id)) {
        continue;
      }
      this.#end(id).catch(ignore);
      return true;
    }
    return false;
  }

  #end(id: string): Promise<void> {
    let ending = this.#ending.get(id);
    if (ending === undefined) {
      ending = this.#takeAway(id).finally(() => this.#ending.delete(id));
      this.#ending.set(id, ending);
    }
    return ending;
  }

  /** Takes off the disk whatever is the client's, in one write: a power cut leaves all of it or nothing. */
  async #takeAway(id: string): Promise<void> {
    this.#index.deleteAll(id);
    this.#sessions.delete(id);
    this.#firstIds.delete(id);
    this.#unreleased.delete(id);
    this.#queues.clear(id);
    const keys = [keyOf(SESSIONS, id)];
    for (const prefix of [OUTGOING, OUTGOING_IDS, INCOMING]) {
      for await (const key of this.#db.keys(rangeOf(`${keyOf(prefix, id)}:`))) keys.push(key);
    }
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
   * Keeps a message where it belongs: with the retained ones if it is to be retained, and in the queue of each of
   * `keepers`. Resolves when it is on disk, in the order of the calls.
   */
  keep(packet: StoredPacket, keepers: readonly Subscription[]): Promise<void> {
    // One promise answers for all: it rejects where any of them does.
    if (packet.retain) this.storeRetained(packet).catch(ignore);
    for (const { id, qos, noLocal } of keepers) {
      this.#enqueue(id, qos, packet, noLocal === true && packet.retain).catch(ignore);
    }
    const written = this.#db.barrier();
    // A message of quality 0 is delivered before it is on disk, any other one after that.
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

  /** Nothing: the broker sends them by itself, for each subscription at its own quality of service. */
  override createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  // Subscriptions

  /** Keeps a refused subscription from being stored with the others of its packet. */
  refuse(subscription: object): void {
    this.#refused.add(subscription);
  }

  override async addSubscriptions(client: StoredClient, subscriptions: StoredSubscription[]): Promise<void> {
    // aedes hands over all subscriptions of a packet once for each of them.
    const fresh = subscriptions.filter((each) => !this.#refused.has(each) && !this.#stored.has(each));
    for (const subscription of fresh) {
      this.#stored.add(subscription);
      const { topic, qos, nl } = subscription;
      this.#index.set({ id: client.id, filter: topic, qos: qos as QoS, durable: true, noLocal: nl === true });
    }
    if (fresh.length > 0) await super.addSubscriptions(client, fresh);
  }

  override async removeSubscriptions(client: StoredClient, filters: string[]): Promise<void> {
    for (const filter of filters) this.#index.delete(client.id, filter);
    await super.removeSubscriptions(client, filters);
  }

  // Messages to clients

  override async outgoingEnqueue({ clientId }: { clientId: string }, packet: StoredPacket): Promise<void> {
    await this.#enqueue(clientId, 2, packet, false);
  }

  async #enqueue(id: string, qos: QoS, packet: StoredPacket, retain: boolean): Promise<void> {
    if (!this.#queues.add(id, packet)) {
      this.#events.queueFull(id, packet.topic);
      return;
    }
    // It comes as a live message, at no more than the quality that was asked for.
    const queued = { ...packet, retain, qos: Math.min(qos, packet.qos) };
    await super.outgoingEnqueue({ clientId: id }, queued);
  }

  override async outgoingUpdate(client: StoredClient, packet: StoredPacket): Promise<void> {
    // At quality 0, to a subscription of it, it is in no queue.
    if (packet.cmd === 'publish' && packet.qos === 0) return;
    // aedes asks this of each packet right before it sends it.
    if (this.#repeated.get(client)?.delete(packet.messageId)) packet.dup = packet.cmd === 'publish';
    try {
      await super.outgoingUpdate(client, packet);
    } catch (error) {
      // It was never queued, because the queue was full, or is acknowledged already. The client may have it all the same.
      if (!(error instanceof Error && error.message === 'no such packet')) throw error;
      return;
    }
    if (packet.cmd !== 'publish') this.#queues.confirmed(client, packet.messageId);
    else if (packet.qos === 2) this.#queues.sent(client, packet);
  }

  override async outgoingClearMessageId(client: StoredClient, packet: StoredPacket): Promise<StoredPacket | undefined> {
    const { messageId } = packet;
    if (client.clean || messageId === undefined) return undefined;
    const clearing = this.#clearing.get(client) ?? new Set<number>();
    this.#clearing.set(client, clearing);
    // Acknowledged twice in one go, it would be counted twice.
    if (clearing.has(messageId)) return undefined;
    clearing.add(messageId);
    try {
      const cleared = await super.outgoingClearMessageId(client, packet);
      if (cleared) this.#queues.delete(client.id, cleared);
      return cleared;
    } finally {
      clearing.delete(messageId);
    }
  }

  /** What waits for a client that comes back, as fast as it reads; not what it was sent by `claimLive` meanwhile. */
  override outgoingStream(client: StoredClient): Readable {
    if (this.#queues.has(client.id)) return Readable.from(this.#catchUp(super.outgoingStream(client), client));
    this.#catchingUp.end(client);
    return Readable.from([]);
  }

  /** True where a new message is to be sent to a client with a session on disk: it did not get it from there just now. */
  claimLive(client: object, packet: Pick<StoredPacket, 'brokerId' | 'brokerCounter'>): boolean {
    return this.#catchingUp.claim(client, packet);
  }

  async *#catchUp(packets: AsyncIterable<StoredPacket>, client: StoredClient): AsyncGenerator<StoredPacket> {
    const repeated = new Set<number | undefined>();
    this.#repeated.set(client, repeated);
    for await (const packet of packets) {
      await client.conn?.room();
      if (packet.messageId) repeated.add(packet.messageId);
      // An earlier version queued what the client could not take: it would get nothing that waits behind it.
      if (packet.cmd === 'publish' && hasUnfitCharacter(packet.topic)) continue;
      if (packet.cmd !== 'publish' || this.#catchingUp.claim(client, packet)) yield packet;
    }
    // What was read just now may have been written just now, and is delivered when its write has been reported.
    await this.#db.barrier().catch(ignore);
    setImmediate(() => this.#catchingUp.end(client));
  }

  /** Never rejects: aedes leaves the promise alone, and the gateway would end with it, as when its database closes. */
  override async delWill(client: StoredClient): Promise<StoredPacket | undefined> {
    return await super.delWill(client).catch(() => undefined);
  }

  // Messages from clients, quality 2: aedes only asks whether it has seen one, so the payload is not kept.

  /** Notes the number; on disk it comes with the message: see `received`. */
  override async incomingStorePacket(client: StoredClient, packet: StoredPacket): Promise<void> {
    const seen = this.#incoming.get(client);
    if (seen) seen.add(packet.messageId);
    else this.#incoming.set(client, new Set([packet.messageId]));
  }

  /**
   * Writes down that a message of quality 2 was received, for a client that comes back. Called in one go with `keep`, it is one
   * write with what the message leaves: where the power fails before that, the client sends it again, and it is no duplicate.
   */
  received(client: StoredClient, packet: StoredPacket): Promise<void> {
    this.#unreleased.add(client.id);
    return super.incomingStorePacket(client, { ...packet, payload: EMPTY });
  }

  override async incomingGetPacket(client: StoredClient, packet: StoredPacket): Promise<StoredPacket> {
    if (this.#incoming.get(client)?.has(packet.messageId)) return packet;
    if (client.clean) throw new Error('no such packet');
    const found = await super.incomingGetPacket(client, packet);
    // Confirmed is only what is on disk: the connection before may still have been writing it.
    if (packet.cmd === 'publish') await this.#db.barrier();
    return found;
  }

  override async incomingDelPacket(client: StoredClient, packet: StoredPacket): Promise<void> {
    this.#incoming.get(client)?.delete(packet.messageId);
    if (!client.clean) await super.incomingDelPacket(client, packet);
  }

  override async cleanIncoming(client: StoredClient): Promise<void> {
    // What the connection that this one replaced was still writing; at the end of a connection the id may be another's.
    if (!client.closed && this.#unreleased.delete(client.id)) await super.cleanIncoming(client);
  }
}

function ignore(): void {}
