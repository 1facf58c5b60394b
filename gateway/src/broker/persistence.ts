import { Readable } from 'node:stream';
import AsyncLevelPersistence, {
  type StoredPacket,
  type StoredSubscription,
} from 'aedes-persistence-level/asyncPersistence.js';
import { CatchingUp } from './catching-up.ts';
import type { OrderedDb } from './ordered-db.ts';
import { RetainedMessages } from './retained-messages.ts';
import type { QoS, Subscription, SubscriptionIndex } from './subscriptions.ts';

/** A client as the persistence is given it. */
export interface StoredClient {
  readonly id: string;
  readonly clean?: boolean;
  readonly connected?: boolean;
  readonly closed?: boolean;
  readonly conn?: { room(): Promise<void> };
}

export interface PersistenceLimits {
  /** How many messages wait on disk for one client. */
  maxQueued: number;
  maxRetained: number;
  maxRetainedBytes: number;
}

/** What the persistence tells of failures and full queues. */
export interface PersistenceEvents {
  /** A message was not kept because `what` is full; `id` is the client whose queue it is, or undefined. */
  full(what: 'queue' | 'retained', id: string | undefined): void;
}

const EMPTY = Buffer.alloc(0);
const OUTGOING = 'outgoing:';
const INCOMING = 'incoming:';
const SUBSCRIPTIONS = 'subscriptions:';

/** Every key that begins with `prefix`, whose last character is a colon. */
function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)};` };
}

/** The client id in a key such as `outgoing:<id>:<rest>`. */
function idIn(key: string, prefix: string): string {
  return decodeURIComponent(key.slice(prefix.length, key.indexOf(':', prefix.length)));
}

/**
 * aedes' sessions on disk, with what a long life needs: messages keep their order, a client's queue is bounded, a
 * message that is not in a queue any more is no reason to end the connection, and subscriptions are matched by one index
 * (the original forgets an exact subscription that a wider one of the same client covers or downgrades).
 */
export class MqttPersistence extends AsyncLevelPersistence {
  readonly retained: RetainedMessages;
  readonly #db: OrderedDb;
  readonly #index: SubscriptionIndex;
  readonly #limits: PersistenceLimits;
  readonly #events: PersistenceEvents;
  /** How many messages wait for each client. */
  readonly #queued = new Map<string, number>();
  /** Received messages of quality 2 that wait for their release, of clients whose session ends with the connection. */
  readonly #incoming = new WeakMap<StoredClient, Set<number | undefined>>();
  /** The clients of whom such messages are on disk. */
  readonly #unreleased = new Set<string>();
  readonly #catchingUp = new CatchingUp();
  /** The packet ids that a client that has come back was sent before: sent again, they are duplicates (MQTT-3.3.1-1). */
  readonly #repeated = new WeakMap<StoredClient, Set<number | undefined>>();
  readonly #refused = new WeakSet<object>();
  readonly #stored = new WeakSet<object>();

  constructor(db: OrderedDb, index: SubscriptionIndex, limits: PersistenceLimits, events: PersistenceEvents) {
    super(db);
    this.#db = db;
    this.#index = index;
    this.#limits = limits;
    this.#events = events;
    this.retained = new RetainedMessages(limits.maxRetained, limits.maxRetainedBytes);
  }

  override async setup(broker: object): Promise<void> {
    await super.setup(broker);
    const ids = new Set<string>();
    for await (const key of this.#db.keys(rangeOf(SUBSCRIPTIONS))) ids.add(idIn(key, SUBSCRIPTIONS));
    for (const id of ids) {
      for (const { topic, qos } of await super.subscriptionsByClient({ id })) {
        this.#index.set({ id, filter: topic, qos: qos as QoS, durable: true });
      }
    }
    for await (const packet of super.createRetainedStream('#')) this.retained.store(packet);
    for await (const key of this.#db.keys(rangeOf(OUTGOING))) this.#count(idIn(key, OUTGOING), 1);
    for await (const key of this.#db.keys(rangeOf(INCOMING))) this.#unreleased.add(idIn(key, INCOMING));
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
    for (const { id, qos } of keepers) this.#enqueue(id, qos, packet).catch(ignore);
    const written = this.#db.barrier();
    // A message of quality 0 is delivered before it is on disk, any other one after that.
    if (packet.retain && packet.qos > 0) this.retained.hideUntil(written, packet.topic);
    return written;
  }

  // Retained messages

  /** Keeps a retained message: in memory at once, on disk when the promise resolves. */
  override async storeRetained(packet: StoredPacket): Promise<void> {
    if (!this.retained.store(packet)) {
      this.#events.full('retained', packet.clientId);
      return;
    }
    await super.storeRetained(packet);
  }

  override createRetainedStreamCombi(filters: string[]): Readable {
    return Readable.from(this.retained.match(filters));
  }

  // Subscriptions

  /** Most clients have nothing on disk, which is known without looking there at each connection. */
  override async subscriptionsByClient(client: StoredClient): Promise<StoredSubscription[]> {
    return this.#index.isDurable(client.id) ? await super.subscriptionsByClient(client) : [];
  }

  /** Keeps a refused subscription from being stored with the others of its packet. */
  refuse(subscription: object): void {
    this.#refused.add(subscription);
  }

  override async addSubscriptions(client: StoredClient, subscriptions: StoredSubscription[]): Promise<void> {
    // aedes hands over all subscriptions of a packet once for each of them.
    const fresh = subscriptions.filter((each) => !this.#refused.has(each) && !this.#stored.has(each));
    for (const subscription of fresh) {
      this.#stored.add(subscription);
      const { topic, qos } = subscription;
      this.#index.set({ id: client.id, filter: topic, qos: qos as QoS, durable: true });
    }
    if (fresh.length > 0) await super.addSubscriptions(client, fresh);
  }

  override async removeSubscriptions(client: StoredClient, filters: string[]): Promise<void> {
    for (const filter of filters) this.#index.delete(client.id, filter);
    await super.removeSubscriptions(client, filters);
  }

  // Messages to clients

  override async outgoingEnqueue({ clientId }: { clientId: string }, packet: StoredPacket): Promise<void> {
    await this.#enqueue(clientId, 2, packet);
  }

  async #enqueue(id: string, qos: QoS, packet: StoredPacket): Promise<void> {
    if ((this.#queued.get(id) ?? 0) >= this.#limits.maxQueued) {
      this.#events.full('queue', id);
      return;
    }
    this.#count(id, 1);
    // A later subscriber gets it as a live message, at no more than the quality it asked for.
    const queued = { ...packet, retain: false, qos: Math.min(qos, packet.qos) };
    await super.outgoingEnqueue({ clientId: id }, queued);
  }

  override async outgoingUpdate(client: StoredClient, packet: StoredPacket): Promise<void> {
    // aedes asks this of each packet right before it sends it.
    if (this.#repeated.get(client)?.delete(packet.messageId)) packet.dup = packet.cmd === 'publish';
    try {
      await super.outgoingUpdate(client, packet);
    } catch (error) {
      // It was never queued, because the queue was full, or is acknowledged already. The client may have it all the same.
      if (!(error instanceof Error && error.message === 'no such packet')) throw error;
    }
  }

  override async outgoingClearMessageId(client: StoredClient, packet: StoredPacket): Promise<StoredPacket | undefined> {
    if (client.clean || packet.messageId === undefined) return undefined;
    const cleared = await super.outgoingClearMessageId(client, packet);
    if (cleared) this.#count(client.id, -1);
    return cleared;
  }

  /** What waits for a client that comes back, as fast as it reads; not what it was sent by `claimLive` meanwhile. */
  override outgoingStream(client: StoredClient): Readable {
    if (this.#queued.has(client.id)) return Readable.from(this.#catchUp(super.outgoingStream(client), client));
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
      if (packet.cmd !== 'publish' || this.#catchingUp.claim(client, packet)) yield packet;
    }
    // What was read just now may have been written just now, and is delivered when its write has been reported.
    await this.#db.barrier().catch(ignore);
    setImmediate(() => this.#catchingUp.end(client));
  }

  #count(id: string, change: 1 | -1): void {
    const count = (this.#queued.get(id) ?? 0) + change;
    if (count > 0) this.#queued.set(id, count);
    else this.#queued.delete(id);
  }

  /** Never rejects: aedes leaves the promise alone, and the gateway would end with it, as when its database closes. */
  override async delWill(client: StoredClient): Promise<StoredPacket | undefined> {
    return await super.delWill(client).catch(() => undefined);
  }

  // Messages from clients, quality 2: aedes only asks whether it has seen one, so the payload is not kept.

  override async incomingStorePacket(client: StoredClient, packet: StoredPacket): Promise<void> {
    if (!client.clean) {
      this.#unreleased.add(client.id);
      await super.incomingStorePacket(client, { ...packet, payload: EMPTY });
      return;
    }
    const seen = this.#incoming.get(client);
    if (seen) seen.add(packet.messageId);
    else this.#incoming.set(client, new Set([packet.messageId]));
  }

  override async incomingGetPacket(client: StoredClient, packet: StoredPacket): Promise<StoredPacket> {
    if (!client.clean) return await super.incomingGetPacket(client, packet);
    if (this.#incoming.get(client)?.has(packet.messageId)) return packet;
    throw new Error('no such packet');
  }

  override async incomingDelPacket(client: StoredClient, packet: StoredPacket): Promise<void> {
    if (client.clean) this.#incoming.get(client)?.delete(packet.messageId);
    else await super.incomingDelPacket(client, packet);
  }

  override async cleanIncoming(client: StoredClient): Promise<void> {
    if (!client.closed && this.#unreleased.delete(client.id)) await super.cleanIncoming(client);
  }
}

function ignore(): void {}
