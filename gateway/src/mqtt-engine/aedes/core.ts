import { Aedes, type AedesOptions } from 'aedes';
import mqemitter from 'mqemitter';
import { addressOf } from '../../common/peer-address.ts';
import type { Publication } from '../contract.ts';
import type { MqttStore } from '../store/store.ts';
import { countLevels, MAX_TOPIC_LEVELS } from '../topic-names.ts';
import type { AedesPersistence } from './persistence.ts';
import { type CoreClient, type CorePacket, type Done, type Kept, original } from './private.ts';

export interface CoreParts {
  persistence: AedesPersistence;
  store: MqttStore;
  /** Sees every message that a client published, wills included, when duplicates are out, before aedes delivers it. */
  published(packet: CorePacket): void;
  accountOf(client: CoreClient): string | undefined;
}

/**
 * aedes with its publishing made orderly. The original stores and queues each message by promises of its own, so that
 * messages overtake each other, and then takes the overtaken one for a duplicate and drops it. Here a message that
 * nothing on disk has to know of is delivered at once.
 */
export class Core extends Aedes {
  declare clients: Record<string, CoreClient | undefined>;
  declare counter: number;
  readonly #parts: CoreParts;
  readonly #mq: mqemitter.MQEmitter;
  /** The counter of the message that is being handed to its subscribers, 0 at other times. */
  #delivering = 0;
  #delivered: Kept | undefined;
  readonly #duplicatesPrototype: object;

  constructor(options: AedesOptions & { id: string }, parts: CoreParts) {
    // Without a limit of concurrent messages, one slow subscriber does not hold up the messages of the others.
    const mq = mqemitter({ concurrency: 0, matchEmptyLevels: true });
    super({ ...options, mq, persistence: parts.persistence });
    this.#parts = parts;
    this.#mq = mq;
    this.#duplicatesPrototype = this.#defineDuplicates(options.id);
  }

  /** Gives `client` a memory of the message it got last; to be called before it is connected. */
  prepare(client: CoreClient): void {
    client.duplicates = Object.assign(Object.create(this.#duplicatesPrototype), { last: 0 });
  }

  // @ts-expect-error aedes' types know only one of the two signatures that aedes uses.
  publish(packet: CorePacket | Publication, from: CoreClient | null | Done, then?: Done): void {
    const client = typeof from === 'function' ? null : from;
    const done = typeof from === 'function' ? from : (then ?? ignore);
    if ('isDropped' in packet && packet.isDropped) {
      // aedes would read on at once, in the middle of what it reads.
      setImmediate(done, null);
      return;
    }
    if (countLevels(packet.topic) > MAX_TOPIC_LEVELS) {
      done(new Error('topic has too many levels'));
      return;
    }
    const copy = this.#stamp(packet, client);
    const { persistence, store } = this.#parts;
    const isKept = 'kept' in packet;
    const kept = isKept ? packet.kept : persistence.keep(copy);
    let isWriting = !isKept && kept !== undefined;
    if (client !== null && !client.clean && packet.qos === 2 && 'messageId' in packet && packet.messageId) {
      persistence.received(client, packet.messageId);
      isWriting = true;
    }
    if (!isWriting) this.#deliver(copy, kept, done);
    else if (copy.qos > 0) this.#afterCommit(copy, kept, done);
    else {
      store.commit((error) => error !== undefined && this.emit('error', error as Error));
      this.#deliver(copy, kept, done);
    }
  }

  /** A message of QoS 0 is delivered before it is on disk, any other one after that. */
  #afterCommit(packet: CorePacket, kept: Kept | undefined, done: Done): void {
    const { store } = this.#parts;
    const show = packet.retain ? store.retained.hide(packet.topic) : ignore;
    const isLater = store.commit((error) => {
      show();
      if (error === undefined) this.#deliver(packet, kept, done);
      else done(error as Error);
    });
    if (isLater) return;
    show();
    this.#deliver(packet, kept, done);
  }

  /**
   * Writes a message to the retained ones and to the queues on disk where it belongs there, then calls back: only then
   * may it be acknowledged. Publishing it later does not write it again.
   */
  keep(packet: CorePacket, client: CoreClient, done: Done): void {
    const { persistence, store } = this.#parts;
    const copy = this.#stamp(packet, client);
    const kept = persistence.keep(copy);
    if (kept === undefined) {
      done(null);
      return;
    }
    packet.brokerId = copy.brokerId;
    packet.brokerCounter = copy.brokerCounter;
    packet.kept = kept;
    const show = packet.retain ? store.retained.hide(packet.topic) : ignore;
    const isLater = store.commit((error) => {
      show();
      done(error === undefined ? null : (error as Error));
    });
    if (isLater) return;
    show();
    done(null);
  }

  /** Of the message that is being handed to its subscribers: see `AedesPersistence.keep`. */
  get delivered(): Kept | undefined {
    return this.#delivered;
  }

  /** A copy with the number that orders this broker's messages. */
  #stamp(packet: CorePacket | Publication, client: CoreClient | null): CorePacket {
    const given = packet as CorePacket;
    const copy: CorePacket = {
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
    // A last will has its account already.
    const account = given.account ?? (copy.retain && client !== null ? this.#parts.accountOf(client) : undefined);
    if (account !== undefined) copy.account = account;
    return copy;
  }

  /** A connection that ended while it was being set up is not registered; it would close its successor and stay. */
  registerClient(client: CoreClient): void {
    if (!client.closed) original.registerClient.call(this, client);
  }

  /** A client that was replaced does not take its successor with it. */
  unregisterClient(client: CoreClient): void {
    if (this.clients[client.id] === client) original.unregisterClient.call(this, client);
  }

  #deliver(packet: CorePacket, kept: Kept | undefined, done: Done): void {
    if (packet.clientId !== undefined) this.#parts.published(packet);
    this.#delivering = packet.brokerCounter ?? 0;
    this.#delivered = kept;
    this.#mq.emit(packet, done as (error?: Error) => void);
    this.#delivering = 0;
    this.#delivered = undefined;
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
