declare module 'aedes-persistence/asyncPersistence.js' {
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
  }

  /** The class behind the package's default export, which speaks in promises as aedes 1 wants it. */
  export default class MemoryPersistence {
    setup(broker: object): Promise<void>;
    subscriptionsByClient(client: { id: string }): Promise<{ topic: string; qos: number }[]>;
    outgoingEnqueue(subscription: { clientId: string }, packet: StoredPacket): Promise<void>;
    outgoingUpdate(client: { id: string }, packet: StoredPacket): Promise<void>;
    outgoingStream(client: { id: string }): Readable & AsyncIterable<StoredPacket>;
    getWill(client: { id: string }): Promise<StoredPacket | undefined>;
    streamWill(brokers?: object): AsyncIterable<StoredPacket>;
  }
}
