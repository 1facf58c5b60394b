import { Aedes, type AedesOptions } from 'aedes';
import mqemitter from 'mqemitter';
import { addressOf } from '../../common/peer-address.ts';
import type { SubscriptionIndex } from '../store/subscriptions.ts';
import type { MqttStream } from '../stream.ts';
import { countLevels, MAX_TOPIC_LEVELS } from '../topic-names.ts';
import type { MqttPersistence } from './persistence.ts';
import type { PacketParser } from './strict-parser.ts';

/** One published message on its way through aedes. */
export interface BrokerPacket {
  cmd: 'publish';
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  dup?: boolean;
  messageId?: number | undefined;
  brokerId?: string | undefined;
  brokerCounter?: number | undefined;
  /** The client that sent it; undefined where the gateway itself did. */
  clientId?: string | undefined;
  /** Of one that is to be retained: the address of its sender, whose share of the room it takes. */
  address?: string | undefined;
  /** It was written to the queues on disk and to the retained messages before it was acknowledged. */
  isKept?: boolean;
}

/** What the gateway itself publishes. */
export type Publication = Pick<BrokerPacket, 'topic' | 'payload' | 'qos' | 'retain'>;

/** The parts of aedes' client that are used here. */
export interface BrokerClient {
  /** What it said in its CONNECT; may be changed until it is let in. */
  id: string;
  readonly clean: boolean;
  readonly closed: boolean;
  readonly connected: boolean;
  readonly conn: MqttStream;
  /** By topic filter. */
  readonly subscriptions: Record<string, { qos: number } | undefined>;
  duplicates: object;
  /** The packet id that is given out next. */
  _nextId: number;
  deliverQoS(packet: BrokerPacket, done: () => void): void;
  /** It said goodbye. */
  readonly _disconnected: boolean;
  readonly _parser: PacketParser;
  close(done?: () => void): void;
  publish(packet: BrokerPacket, done: (error?: Error) => void): void;
  emit(event: 'error', error: Error): void;
}

type Done = (error?: Error | null) => void;

/** aedes' methods that its types leave out. */
interface Hidden {
  clients: Record<string, BrokerClient | undefined>;
  counter: number;
  registerClient(client: BrokerClient): void;
  unregisterClient(client: BrokerClient): void;
}
const hidden = Aedes.prototype as unknown as Hidden;

export interface BrokerParts {
  persistence: MqttPersistence;
  index: SubscriptionIndex;
  /** Sees every message that a client published, wills included, when duplicates are out, before aedes delivers it. */
  tap(packet: BrokerPacket): void;
}

/**
 * aedes with its publishing made orderly. The original stores and queues each message by promises of its own, so that
 * messages overtake each other, and then takes the overtaken one for a duplicate and drops it. Here a message that
 * nothing on disk has to know of is delivered at once.
 */
export class Broker extends Aedes {
  declare clients: Record<string, BrokerClient | undefined>;
  declare counter: number;
  readonly #parts: BrokerParts;
  readonly #mq: mqemitter.MQEmitter;
  /** The counter of the message that is being handed to its subscribers, 0 at other times. */
  #delivering = 0;
  readonly #duplicatesPrototype: object;

  constructor(options: AedesOptions & { id: string }, parts: BrokerParts) {
    // Without a limit of concurrent messages, one slow subscriber does not hold up the messages of the others.
    const mq = mqemitter({ concurrency: 0, matchEmptyLevels: true });
    super({ ...options, mq, persistence: parts.persistence });
    this.#parts = parts;
    this.#mq = mq;
    this.#duplicatesPrototype = this.#defineDuplicates(options.id);
  }

  /** Gives `client` a memory of the message it got last; to be called before it is connected. */
  prepare(client: BrokerClient): void {
    client.duplicates = Object.assign(Object.create(this.#duplicatesPrototype), { last: 0 });
  }

  // @ts-expect-error aedes' types know only one of the two signatures that aedes uses.
  publish(packet: BrokerPacket | Publication, from: BrokerClient | null | Done, then?: Done): void {
    const client = typeof from === 'function' ? null : from;
    const done = typeof from === 'function' ? from : (then ?? ignore);
    if (countLevels(packet.topic) > MAX_TOPIC_LEVELS) {
      done(new Error('topic has too many levels'));
      return;
    }
    const copy = this.#stamp(packet, client);
    let writing = 'isKept' in packet ? undefined : this.#write(copy);
    if (client !== null && !client.clean && packet.qos === 2 && 'messageId' in packet && packet.messageId) {
      const received = this.#parts.persistence.received(client, packet);
      writing = Promise.all([writing, received]).then(ignore);
    }
    if (writing === undefined) this.#deliver(copy, done);
    else if (copy.qos > 0) writing.then(() => this.#deliver(copy, done), done);
    else {
      writing.catch((error: Error) => this.emit('error', error));
      this.#deliver(copy, done);
    }
  }

  /**
   * Writes a message to the retained ones and to the queues on disk where it belongs there, then calls back: only then
   * may it be acknowledged. Publishing it later does not write it again.
   */
  keep(packet: BrokerPacket, client: BrokerClient, done: Done): void {
    const copy = this.#stamp(packet, client);
    const writing = this.#write(copy);
    if (writing === undefined) {
      done(null);
      return;
    }
    packet.brokerId = copy.brokerId;
    packet.brokerCounter = copy.brokerCounter;
    packet.isKept = true;
    writing.then(() => done(null), done);
  }

  /** Begins to write what of the message must be on disk; undefined where nothing must. */
  #write(packet: BrokerPacket): Promise<void> | undefined {
    const { persistence, index } = this.#parts;
    const keepers = packet.qos > 0 ? index.keepers(packet.topic, packet.clientId) : [];
    return packet.retain || keepers.length > 0 ? persistence.keep(packet, keepers) : undefined;
  }

  /** A copy with the number that orders this broker's messages. */
  #stamp(packet: BrokerPacket | Publication, client: BrokerClient | null): BrokerPacket {
    const given = packet as BrokerPacket;
    const copy: BrokerPacket = {
      cmd: 'publish',
      brokerId: given.brokerId ?? this.id,
      brokerCounter: given.brokerCounter ?? ++this.counter,
      topic: packet.topic,
      payload: packet.payload,
      qos: packet.qos,
      retain: packet.retain,
      dup: false,
      messageId: undefined,
    };
    const sender = client === null ? given.clientId : client.id;
    if (sender !== undefined) copy.clientId = sender;
    if (copy.retain && client !== null) copy.address = addressOf(client.conn.peer);
    return copy;
  }

  /** A connection that ended while it was being set up is not registered; it would close its successor and stay. */
  registerClient(client: BrokerClient): void {
    if (!client.closed) hidden.registerClient.call(this, client);
  }

  /** A client that was replaced does not take its successor with it. */
  unregisterClient(client: BrokerClient): void {
    if (this.clients[client.id] === client) hidden.unregisterClient.call(this, client);
  }

  #deliver(packet: BrokerPacket, done: Done): void {
    if (packet.clientId !== undefined) this.#parts.tap(packet);
    this.#delivering = packet.brokerCounter ?? 0;
    this.#mq.emit(packet, done as (error?: Error) => void);
    this.#delivering = 0;
  }

  /**
   * aedes drops what has a lower number than the last message of the client. All deliveries of one message happen
   * within one call, so only the message that is being delivered can be a duplicate: of itself, where the client has
   * subscriptions that overlap.
   */
  #defineDuplicates(brokerId: string): object {
    const current = (): number => this.#delivering;
    return Object.create(null, {
      [brokerId]: {
        get(this: { last: number }): number {
          return this.last === current() ? this.last : 0;
        },
        set(this: { last: number }, counter: number) {
          this.last = counter;
        },
      },
    }) as object;
  }
}

function ignore(): void {}
