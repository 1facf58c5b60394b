import { PacketFault } from '../codec/packet-fault.ts';
import type { ConnectPacket, Packet, PublishPacket, SubscribePacket, UnsubscribePacket } from '../codec/packets.ts';
import { PacketReader } from '../codec/reader.ts';
import { REASON } from '../codec/reason-codes.ts';
import { connack } from '../codec/write.ts';
import { clientOf } from './client.ts';
import type { CoreClient, CoreParser } from './private.ts';

/** CONNACK: unacceptable protocol level (MQTT 3.1.1, section 3.2.2.3). */
const BAD_LEVEL = 1;

/**
 * Stands in the place of the parser that aedes makes for each client: reads what the client sends by the reader of all cores, and hands
 * aedes packets of the shape that its own parser gives them.
 */
export class ClientReader implements CoreParser {
  readonly client: CoreClient;
  /** Packets that came before the client was let in; aedes fills and empties it. */
  _queue: object[] | null = [];
  readonly #reader: PacketReader;
  #isBridge = false;
  /** The filter that one which the client asks for stands for; to be asked once it was let in. */
  readonly #plain = (written: string): string => clientOf(this.client)?.plainFilter(written) ?? written;
  /** What aedes does with each packet; nothing any more, once the client is closed. */
  #handle: ((packet: object) => void) | undefined;

  private constructor(client: CoreClient, maxPacketBytes: number) {
    this.client = client;
    this.#reader = new PacketReader({ maxPacketBytes });
    this.#handle = client._parser.listeners('packet')[0];
  }

  /** Has a client be read so, whose connection has sent nothing yet. */
  static attach(client: CoreClient, { maxPacketBytes }: { maxPacketBytes: number }): void {
    client._parser = new ClientReader(client, maxPacketBytes);
  }

  /** Called by aedes with what it read from the connection. A fault, in it or in what comes of it, ends that connection alone. */
  parse(chunk: Buffer): number {
    const reader = this.#reader;
    reader.push(chunk);
    try {
      while (this.#handle !== undefined) {
        const packet = reader.next();
        if (packet === undefined) break;
        if (packet.kind === 'connect') this.#isBridge = packet.isBridge;
        if (!this.#takes(packet)) this.#handle(corePacket(packet, this.#isBridge, this.#plain));
      }
    } catch (error) {
      if (error instanceof PacketFault && error.reason === REASON.unsupportedVersion) {
        this.client.conn.write(connack(4, { sessionPresent: false, code: BAD_LEVEL }));
      }
      this.emit('error', error instanceof Error ? error : new Error(String(error)));
    }
    this.client.conn.holds(reader.heldBytes);
    return 0;
  }

  /** What is sent to clients is not aedes' affair, and so are their acknowledgements. Of each, aedes only has to know that it came. */
  #takes({ kind, id = 0, reason = 0 }: Packet & { id?: number; reason?: number }): boolean {
    const outgoing = clientOf(this.client)?.outgoing;
    if (outgoing === undefined) return false;
    if (kind === 'puback') outgoing.acknowledged(id);
    else if (kind === 'pubrec') outgoing.received(id, reason);
    else if (kind === 'pubcomp') outgoing.completed(id);
    else return false;
    clientOf(this.client)?.goOn();
    this.client._keepaliveTimer?.refresh();
    return true;
  }

  listeners(): ((packet: object) => void)[] {
    return this.#handle === undefined ? [] : [this.#handle];
  }

  removeAllListeners(): void {
    this.#handle = undefined;
  }

  emit(event: 'error', error: Error): void {
    this.client.emit(event, error);
  }
}

type Plain = (written: string) => string;

/** A packet of the shape that mqtt-packet gives it. */
function corePacket(packet: Packet, isBridge: boolean, plain: Plain): object {
  switch (packet.kind) {
    case 'publish':
      return corePublish(packet);
    case 'subscribe':
      return new CoreSubscribe(packet, isBridge, plain);
    case 'connect':
      return coreConnect(packet);
    case 'unsubscribe':
      return new CoreUnsubscribe(packet, plain);
    case 'pingreq':
    case 'disconnect':
    case 'auth':
      return { cmd: packet.kind };
    default:
      return { cmd: packet.kind, messageId: packet.id };
  }
}

function corePublish({ topic, payload, qos, retain, dup, id }: PublishPacket): object {
  return { cmd: 'publish', topic, payload, qos, retain, dup, messageId: qos === 0 ? undefined : id };
}

function coreConnect({ version, cleanStart, keepAliveS, clientId, username, password, will }: ConnectPacket): object {
  return {
    cmd: 'connect',
    protocolVersion: version,
    clean: cleanStart,
    keepalive: keepAliveS,
    clientId,
    username,
    password,
    // aedes stores these keys as they are.
    ...(will && { will: { retain: will.retain, qos: will.qos, topic: will.topic, payload: will.payload } }),
  };
}

/**
 * A filter that a SUBSCRIBE has twice gets a return code for each (MQTT-3.9.3-1). aedes puts another list into the packet's
 * place, without twins, and answers for that one; here the list stays.
 */
class CoreSubscribe {
  readonly cmd = 'subscribe';
  readonly messageId: number;
  readonly #make: () => readonly object[];
  #subscriptions: readonly object[] | undefined;

  constructor({ id, requests }: SubscribePacket, isBridge: boolean, plain: Plain) {
    this.messageId = id;
    // aedes stores these keys as they are. A bridge does not get what it sent, and sees what was published to be retained.
    const bridged = isBridge ? { rh: 0, rap: true, nl: true } : {};
    this.#make = () => requests.map(({ filter, qos }) => ({ topic: plain(filter), qos, ...bridged }));
  }

  get subscriptions(): readonly object[] {
    this.#subscriptions ??= this.#make();
    return this.#subscriptions;
  }

  set subscriptions(_withoutTwins: readonly object[]) {}
}

/** It comes before its client is let in, maybe, and is read after that. */
class CoreUnsubscribe {
  readonly cmd = 'unsubscribe';
  readonly messageId: number;
  readonly #filters: readonly string[];
  readonly #plain: Plain;

  constructor({ id, filters }: UnsubscribePacket, plain: Plain) {
    this.messageId = id;
    this.#filters = filters;
    this.#plain = plain;
  }

  get unsubscriptions(): readonly string[] {
    return this.#filters.map(this.#plain);
  }
}
