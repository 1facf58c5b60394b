import { Readable } from 'node:stream';
import type { QoS } from '../contract.ts';
import { EngineMessage } from '../message.ts';
import type { Handing, QueuedMessage } from '../store/contract.ts';
import { packetIdOf } from '../store/packet-ids.ts';
import type { MqttStore } from '../store/store.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import type { CorePacket, Kept } from './private.ts';

/** A client as aedes hands it to its persistence. */
export interface StoredClient {
  readonly id: string;
  readonly clean?: boolean;
  readonly closed?: boolean;
  readonly conn?: { room(): Promise<void> };
}

/** A packet that aedes hands over: a message, or the number of one. */
interface StoredPacket extends Partial<Omit<CorePacket, 'cmd' | 'messageId'>> {
  cmd: string;
  messageId?: number | undefined;
}

interface StoredSubscription {
  topic: string;
  qos: number;
  nl?: boolean;
}

/** How many messages are read at once for a client that comes back. */
const READ_COUNT = 100;
const NO_PACKET = 'no such packet';
/** Stands for a session that has no subscriptions: aedes takes a session for a new one where it finds none. */
const NO_SUBSCRIPTIONS: StoredSubscription = Object.freeze({ topic: '$session', qos: 0 });

export interface PersistenceParts {
  store: MqttStore;
  index: SubscriptionIndex;
  /** The account of the client that is online under this id; undefined for one without. */
  accountOf(id: string): string | undefined;
}

/** The store as aedes wants its persistence. */
export class AedesPersistence {
  readonly #store: MqttStore;
  readonly #parts: PersistenceParts;
  /** Received messages of QoS 2 that wait for their release, by connection. */
  readonly #incoming = new WeakMap<object, Set<number>>();
  /** Connections that have been sent what waited for them, and up to which number that was. */
  readonly #caughtUp = new WeakMap<object, number>();
  /** The numbers of messages that are for one client alone. */
  readonly #numbers = new WeakMap<object, number>();

  constructor(parts: PersistenceParts) {
    this.#store = parts.store;
    this.#parts = parts;
  }

  /** aedes wants an async function. */
  async setup(): Promise<void> {}

  // Sessions and subscriptions

  /** The session's subscriptions, where a client comes that wants one; from now on it has one. */
  async subscriptionsByClient({ id }: StoredClient): Promise<StoredSubscription[]> {
    const { sessions } = this.#store;
    const account = this.#parts.accountOf(id);
    sessions.claim(id, account);
    const isPresent = sessions.get(id) !== undefined;
    sessions.open(id, account, Number.POSITIVE_INFINITY);
    const stored: StoredSubscription[] = [];
    for (const { filter, qos, durable, noLocal } of this.#parts.index.of(id).all()) {
      if (durable) stored.push({ topic: filter, qos, nl: noLocal });
    }
    return isPresent && stored.length === 0 ? [NO_SUBSCRIPTIONS] : stored;
  }

  /** True for what only says that there is a session. */
  isPlaceholder(subscription: object): boolean {
    return subscription === NO_SUBSCRIPTIONS;
  }

  /** A client that comes with a clean session ends the one it had, with all that waits for it (MQTT-3.1.2-6). */
  async cleanSubscriptions({ id }: StoredClient): Promise<void> {
    if (this.#store.sessions.get(id) === undefined) return;
    this.#store.sessions.end(id);
    await this.#store.committed();
  }

  /** They were written when they were granted. */
  async addSubscriptions(): Promise<void> {
    await this.#store.committed();
  }

  async removeSubscriptions({ id }: StoredClient, filters: string[]): Promise<void> {
    for (const filter of filters) this.#store.subscriptions.delete(id, filter);
    await this.#store.committed();
  }

  // Messages to clients

  /** Begins to write what of a message must be on disk; undefined where nothing must. */
  keep(packet: CorePacket): Kept | undefined {
    const { topic, qos, retain, clientId } = packet;
    const keepers = qos > 0 ? this.#parts.index.keepers(topic, clientId) : [];
    const isRetained = retain && clientId !== undefined;
    // What the gateway itself publishes it also keeps.
    if (retain && clientId === undefined) this.#store.retained.hold(topic);
    if (keepers.length === 0 && !isRetained) return undefined;
    const message = messageOf(packet);
    if (isRetained) this.#store.retained.keep(message);
    const kept = new Map<string, number>();
    for (const keeper of keepers) {
      const handing = {
        qos: least(keeper.qos, qos),
        retain: keeper.retainAsPublished && retain,
        identifiers: undefined,
      };
      const seq = this.#add(keeper.id, message, handing);
      if (seq !== undefined) kept.set(keeper.id, seq);
    }
    return kept;
  }

  /** Puts a message for one client alone into the queue of its session. Where there is no room, it does not get it. */
  async outgoingEnqueue({ clientId }: { clientId: string }, packet: CorePacket): Promise<void> {
    const seq = this.#add(clientId, messageOf(packet), { qos: packet.qos, retain: false, identifiers: undefined });
    if (seq === undefined) return;
    this.#numbers.set(packet, seq);
    await this.#store.committed();
  }

  /**
   * Puts a retained message into the queue of a session. The packet id under which its client is to be sent it now; undefined where it is
   * not to be: there is no room, or it comes with what waited for the client.
   */
  addRetained(client: StoredClient, message: EngineMessage, qos: QoS): number | undefined {
    const seq = this.#add(client.id, message, { qos, retain: true, identifiers: undefined });
    return seq === undefined || !this.#caughtUp.has(client) ? undefined : packetIdOf(seq);
  }

  #add(id: string, message: EngineMessage, handing: Handing): number | undefined {
    return this.#store.sessions.get(id)?.queue.add(message, handing);
  }

  /**
   * Gives a message that is to go to a client with a session on disk the packet id of its number there, and its mark of a duplicate. False
   * where it must not go now: it comes with what waited for the client, or is in no queue. `kept`: see `keep`.
   */
  number(client: StoredClient, packet: CorePacket, kept: Kept | undefined): boolean {
    const session = this.#store.sessions.get(client.id);
    if (session === undefined) return false;
    const { queue } = session;
    let seq: number | undefined;
    if (packet.messageId !== undefined) seq = queue.seqOf(packet.messageId);
    else {
      seq = this.#numbers.get(packet) ?? kept?.get(client.id);
      const waited = this.#caughtUp.get(client);
      if (seq === undefined || waited === undefined || seq < waited || queue.seqOf(packetIdOf(seq)) !== seq)
        return false;
      packet.messageId = packetIdOf(seq);
    }
    if (seq === undefined) return true;
    session.noteSending();
    packet.dup = seq < session.sentSeq;
    session.sentSeq = Math.max(session.sentSeq, seq + 1);
    return true;
  }

  async outgoingUpdate({ id }: StoredClient, { cmd, messageId = 0 }: StoredPacket): Promise<void> {
    if (cmd === 'publish') return;
    const queue = this.#store.sessions.get(id)?.queue;
    const seq = queue?.seqOf(messageId);
    if (seq !== undefined) queue?.release(seq);
    await this.#store.committed();
  }

  async outgoingClearMessageId({ id, clean }: StoredClient, { messageId }: StoredPacket): Promise<undefined> {
    if (clean || messageId === undefined) return;
    const queue = this.#store.sessions.get(id)?.queue;
    const seq = queue?.seqOf(messageId);
    if (seq !== undefined) queue?.remove(seq);
  }

  /** What waits for a client that comes back, as fast as it reads, and what comes for it meanwhile. */
  outgoingStream(client: StoredClient): Readable {
    if (!client.clean && (this.#store.sessions.get(client.id)?.queue.count ?? 0) > 0) {
      return Readable.from(this.#catchUp(client));
    }
    this.#caughtUp.set(client, 0);
    return Readable.from([]);
  }

  async *#catchUp(client: StoredClient): AsyncGenerator<StoredPacket> {
    const queue = this.#store.sessions.get(client.id)?.queue;
    let seq = 0;
    while (queue !== undefined && !client.closed) {
      // Nobody gets what its sender does not know to be kept.
      await this.#store.committed().catch(ignore);
      const found = await queue.read(seq, READ_COUNT);
      for (const each of found) {
        await client.conn?.room();
        if (queue.seqOf(packetIdOf(each.seq)) === each.seq) yield packetOf(each);
        seq = each.seq + 1;
      }
      if (found.length > 0) continue;
      // aedes still has some of them in hand: what comes now must not overtake these.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (seq < queue.nextSeq) continue;
      break;
    }
    this.#caughtUp.set(client, seq);
  }

  // Messages from clients, QoS 2: aedes only asks whether it has seen one, so the payload is not kept.

  /** Notes the number; on disk it comes with the message: see `received`. */
  async incomingStorePacket(client: StoredClient, { messageId = 0 }: StoredPacket): Promise<void> {
    const seen = this.#incoming.get(client);
    if (seen) seen.add(messageId);
    else this.#incoming.set(client, new Set([messageId]));
  }

  /**
   * Writes down that a message of QoS 2 was received, for a client that comes back. Called in one go with `keep`, it is one
   * write with what the message leaves: where the power fails before that, the client sends it again, and it is no duplicate.
   */
  received({ id }: StoredClient, messageId: number): void {
    this.#store.sessions.get(id)?.received.add(messageId);
  }

  async incomingGetPacket(client: StoredClient, packet: StoredPacket): Promise<StoredPacket> {
    const { messageId = 0, cmd } = packet;
    if (this.#incoming.get(client)?.has(messageId)) return packet;
    if (client.clean || !this.#store.sessions.get(client.id)?.received.has(messageId)) throw new Error(NO_PACKET);
    // Confirmed is only what is on disk: the connection before may still have been writing it.
    if (cmd === 'publish') await this.#store.committed();
    return packet;
  }

  async incomingDelPacket(client: StoredClient, { messageId = 0 }: StoredPacket): Promise<void> {
    this.#incoming.get(client)?.delete(messageId);
    if (client.clean) return;
    this.#store.sessions.get(client.id)?.received.delete(messageId);
    await this.#store.committed();
  }

  /** It went with the session. */
  async cleanIncoming(): Promise<void> {}

  // Last wills

  async putWill({ id }: StoredClient, will: CorePacket): Promise<void> {
    will.clientId = id;
    this.#store.wills.set({ id, message: messageOf(will), delayMs: 0, expiryS: undefined });
    await this.#store.committed();
  }

  /** Never rejects: aedes leaves the promise alone, and the gateway would end with it, as when its database closes. */
  async delWill({ id }: StoredClient): Promise<void> {
    this.#store.wills.delete(id);
  }

  /** None for aedes: the engine publishes those that an earlier run left. */
  streamWill(): Readable {
    return Readable.from([]);
  }

  /** Nothing: the broker sends them by itself, for each subscription at its own QoS. */
  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }
}

function messageOf({ topic, payload, qos, retain, clientId, account, address }: CorePacket): EngineMessage {
  return new EngineMessage({ topic, payload, qos, retain, clientId, account, address });
}

function packetOf({ seq, message, qos, retain }: QueuedMessage): StoredPacket {
  const messageId = packetIdOf(seq);
  if (message === undefined) return { cmd: 'pubrel', messageId };
  return { cmd: 'publish', topic: message.topic, payload: message.payload, qos, retain, messageId };
}

function least(one: QoS, other: QoS): QoS {
  return one < other ? one : other;
}

function ignore(): void {}
