import { Readable } from 'node:stream';
import type { MqttStore } from '../store/store.ts';
import { clientOf, type StoredClient } from './client.ts';

/** A packet as far as it is looked at here. */
interface NumberedPacket {
  cmd: string;
  messageId?: number | undefined;
}

interface StoredSubscription {
  topic: string;
  qos: number;
  nl?: boolean;
}

const NO_PACKET = 'no such packet';
/** Stands for a session that has no subscriptions: aedes takes a session for a new one where it finds none. */
const NO_SUBSCRIPTIONS: StoredSubscription = Object.freeze({ topic: '$session', qos: 0 });

/**
 * What aedes has for its persistence: the store of all cores. Sessions, last wills, retained messages and what goes to clients are the engine's
 * affair; here is what is left of it for aedes.
 */
export class AedesPersistence {
  readonly #store: MqttStore;
  /** Who is being let in, and comes back to a session. */
  readonly #present = new Set<string>();

  constructor(store: MqttStore) {
    this.#store = store;
  }

  async setup(): Promise<void> {}

  /** A client that is being let in comes back to a session. */
  notePresent(id: string): void {
    this.#present.add(id);
  }

  /** The session's subscriptions, which are in the index already: aedes only asks whether there is one. */
  async subscriptionsByClient({ id }: StoredClient): Promise<StoredSubscription[]> {
    return this.#present.delete(id) ? [NO_SUBSCRIPTIONS] : [];
  }

  /** True for what only says that there is a session. */
  isPlaceholder(subscription: object): boolean {
    return subscription === NO_SUBSCRIPTIONS;
  }

  /** Its session ended when it was let in. */
  async cleanSubscriptions(): Promise<void> {}

  /** They were taken in when they were granted. */
  async addSubscriptions(): Promise<void> {
    await this.#store.committed();
  }

  async removeSubscriptions({ id }: StoredClient, filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#store.subscriptions.delete(id, filter);
    await this.#store.committed();
  }

  // Messages of QoS 2 from clients: aedes only asks whether it has seen one.

  /** Its number is written together with the message: see `AedesCore`. */
  async incomingStorePacket(): Promise<void> {}

  async incomingGetPacket(client: StoredClient, packet: NumberedPacket): Promise<NumberedPacket> {
    if (!clientOf(client)?.received.has(packet.messageId ?? 0)) throw new Error(NO_PACKET);
    // Confirmed is only what is on disk: it may still be on its way there.
    if (packet.cmd === 'publish') await this.#committed(client);
    return packet;
  }

  async incomingDelPacket(client: StoredClient, packet: NumberedPacket): Promise<void> {
    clientOf(client)?.received.delete(packet.messageId ?? 0);
    await this.#committed(client);
  }

  async #committed(client: StoredClient): Promise<void> {
    if (clientOf(client)?.stored !== undefined) await this.#store.committed();
  }

  async cleanIncoming(): Promise<void> {}

  // Nothing of the rest

  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  streamWill = nothing;
  createRetainedStreamCombi = nothing;
  createRetainedStream = nothing;
  outgoingStream = nothing;
}

function nothing(): Readable {
  return Readable.from([]);
}
