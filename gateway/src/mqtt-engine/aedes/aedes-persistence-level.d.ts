declare module 'aedes-persistence-level/asyncPersistence.js' {
  import type { Readable } from 'node:stream';

  interface StoredPacket {
    cmd: string;
    topic: string;
    payload: Buffer;
    qos: 0 | 1 | 2;
    retain: boolean;
    dup?: boolean;
    messageId?: number | undefined;
    brokerId?: string | undefined;
    brokerCounter?: number | undefined;
    clientId?: string | undefined;
    address?: string | undefined;
    account?: string | undefined;
  }

  interface StoredSubscription {
    topic: string;
    qos: number;
    /** Of bridges: it does not get what its own client published. */
    nl?: boolean;
  }

  /** The class behind the package's default export, which speaks in promises as aedes 1 wants it. */
  export default class AsyncLevelPersistence {
    constructor(db: object);
    setup(broker: object): Promise<void>;
    storeRetained(packet: StoredPacket): Promise<void>;
    createRetainedStream(pattern: string): Readable & AsyncIterable<StoredPacket>;
    createRetainedStreamCombi(patterns: string[]): Readable;
    addSubscriptions(client: { id: string }, subscriptions: StoredSubscription[]): Promise<void>;
    removeSubscriptions(client: { id: string }, topics: string[]): Promise<void>;
    cleanSubscriptions(client: { id: string }): Promise<void>;
    subscriptionsByClient(client: { id: string }): Promise<StoredSubscription[]>;
    outgoingEnqueue(subscription: { clientId: string }, packet: StoredPacket): Promise<void>;
    outgoingUpdate(client: { id: string }, packet: StoredPacket): Promise<void>;
    outgoingStream(client: { id: string }): Readable & AsyncIterable<StoredPacket>;
    outgoingClearMessageId(client: { id: string }, packet: StoredPacket): Promise<StoredPacket | undefined>;
    incomingStorePacket(client: { id: string }, packet: StoredPacket): Promise<void>;
    incomingGetPacket(client: { id: string }, packet: StoredPacket): Promise<StoredPacket>;
    incomingDelPacket(client: { id: string }, packet: StoredPacket): Promise<void>;
    cleanIncoming(client: { id: string }): Promise<void>;
    delWill(client: { id: string }): Promise<StoredPacket | undefined>;
    streamWill(brokers?: object): AsyncIterable<StoredPacket>;
  }
}
