import { Readable } from 'node:stream';
import AsyncLevelPersistence, { type StoredPacket } from 'aedes-persistence-level/asyncPersistence.js';
import { hasUnfitCharacter } from '../../common/names.ts';
import type { QoS } from '../contract.ts';
import { CatchingUp } from '../store/catching-up.ts';
import type { OrderedDb } from '../store/ordered-db.ts';
import { firstFreeId } from '../store/packet-ids.ts';
import { QueueBudget, type QueueLimits } from '../store/queue-budget.ts';
import { INCOMING, idIn, keyOf, OUTGOING, OUTGOING_IDS, rangeOf } from '../store/session-keys.ts';

/** A client as the persistence is given it. */
export interface StoredClient {
  readonly id: string;
  readonly clean?: boolean;
  readonly connected?: boolean;
  readonly closed?: boolean;
  readonly conn?: { room(): Promise<void> };
}

/** A message to `topic` was not kept, as the queue of `id`, or what all queues may hold, is full. */
export type QueueFull = (id: string, topic: string) => void;

const EMPTY = Buffer.alloc(0);
/** What aedes' persistence says of a message that is in no queue, or in it no more. */
const NO_PACKET = 'no such packet';

/**
 * aedes' queues on disk, of messages to clients that are away or have not acknowledged them, and the numbers of messages of QoS 2
 * from clients: in order, bounded for each client, and what is in a queue no more is no reason to end a connection.
 */
export class QueuePersistence extends AsyncLevelPersistence {
  readonly #db: OrderedDb;
  readonly #queueFull: QueueFull;
  readonly #queues: QueueBudget;
  /** Received messages of QoS 2 that wait for their release, by connection. */
  readonly #incoming = new WeakMap<StoredClient, Set<number | undefined>>();
  /** The clients of whom such messages are on disk. */
  readonly #unreleased = new Set<string>();
  readonly #catchingUp = new CatchingUp();
  /** The packet ids that a client that has come back was sent before: sent again, they are duplicates (MQTT-3.3.1-1). */
  readonly #repeated = new WeakMap<StoredClient, Set<number | undefined>>();
  /** Where the packet ids of clients that are coming back begin. */
  readonly #firstIds = new Map<string, number>();
  /** The packet ids that are being taken off the queue of a connection. */
  readonly #clearing = new WeakMap<StoredClient, Set<number>>();

  constructor(db: OrderedDb, limits: QueueLimits, queueFull: QueueFull) {
    super(db);
    this.#db = db;
    this.#queueFull = queueFull;
    this.#queues = new QueueBudget(limits);
  }

  /** Counts what an earlier run left. Returns whose it is. */
  protected async loadQueues(): Promise<Set<string>> {
    for await (const [key, value] of this.#db.entries(rangeOf(OUTGOING))) {
      this.#queues.restore(idIn(key, OUTGOING), value.length);
    }
    for await (const key of this.#db.keys(rangeOf(INCOMING))) this.#unreleased.add(idIn(key, INCOMING));
    return new Set([...this.#queues.ids(), ...this.#unreleased]);
  }

  /** True where anything of the client's waits for it, or for its release. */
  protected holdsMessages(id: string): boolean {
    return this.#queues.has(id) || this.#unreleased.has(id);
  }

  /** Forgets what waits for a client, or for its release. Returns the keys under which it is on disk. */
  protected async dropQueue(id: string): Promise<string[]> {
    this.#firstIds.delete(id);
    this.#unreleased.delete(id);
    this.#queues.clear(id);
    const keys: string[] = [];
    for (const prefix of [OUTGOING, OUTGOING_IDS, INCOMING]) {
      for await (const key of this.#db.keys(rangeOf(`${keyOf(prefix, id)}:`))) keys.push(key);
    }
    return keys;
  }

  // Packet ids

  /** Looks where the packet ids of a client that is coming back may begin. */
  protected async findFirstId(id: string): Promise<void> {
    if (this.#queues.has(id)) this.#firstIds.set(id, await this.#firstFreeId(id));
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

  // Messages to clients

  override async outgoingEnqueue({ clientId }: { clientId: string }, packet: StoredPacket): Promise<void> {
    await this.enqueue(clientId, 2, packet, false);
  }

  protected async enqueue(id: string, qos: QoS, packet: StoredPacket, retain: boolean): Promise<void> {
    if (!this.#queues.add(id, packet)) {
      this.#queueFull(id, packet.topic);
      return;
    }
    // It comes as a live message, at no more than the QoS that was asked for.
    const queued = { ...packet, retain, qos: Math.min(qos, packet.qos) as QoS };
    await super.outgoingEnqueue({ clientId: id }, queued);
  }

  override async outgoingUpdate(client: StoredClient, packet: StoredPacket): Promise<void> {
    // With QoS 0 it is in no queue.
    if (packet.cmd === 'publish' && packet.qos === 0) return;
    // aedes asks this of each packet right before it sends it.
    if (this.#repeated.get(client)?.delete(packet.messageId)) packet.dup = packet.cmd === 'publish';
    try {
      await super.outgoingUpdate(client, packet);
    } catch (error) {
      // It was never queued, because the queue was full, or is acknowledged already. The client may have it all the same.
      if (!(error instanceof Error && error.message === NO_PACKET)) throw error;
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

  // Messages from clients, QoS 2: aedes only asks whether it has seen one, so the payload is not kept.

  /** Notes the number; on disk it comes with the message: see `received`. */
  override async incomingStorePacket(client: StoredClient, packet: StoredPacket): Promise<void> {
    const seen = this.#incoming.get(client);
    if (seen) seen.add(packet.messageId);
    else this.#incoming.set(client, new Set([packet.messageId]));
  }

  /**
   * Writes down that a message of QoS 2 was received, for a client that comes back. Called in one go with `keep`, it is one
   * write with what the message leaves: where the power fails before that, the client sends it again, and it is no duplicate.
   */
  received(client: StoredClient, packet: StoredPacket): Promise<void> {
    this.#unreleased.add(client.id);
    return super.incomingStorePacket(client, { ...packet, payload: EMPTY });
  }

  override async incomingGetPacket(client: StoredClient, packet: StoredPacket): Promise<StoredPacket> {
    if (this.#incoming.get(client)?.has(packet.messageId)) return packet;
    if (client.clean) throw new Error(NO_PACKET);
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
