import net from 'node:net';
import { concat, Fault } from './bytes.ts';
import {
  acknowledge,
  BYE,
  type ConnectInit,
  connect,
  type Filters,
  type Got,
  PINGREQ,
  type PublishInit,
  publish,
  readPacket,
  subscribe,
  unsubscribe,
  type Version,
} from './packets.ts';
import type { Property, PropertyName } from './properties.ts';

/** What a test waits for comes at once, and after one and a half times a keep-alive time of a second. */
const PATIENCE_MS = process.env.CONFORMANCE_PORT === undefined ? 20_000 : 2500;

/** Of what was read, as bytes. */
const MAX_RAW_BYTES = 1000;

/** What a packet says under a property; undefined where it does not have it. */
export function property(got: Got, name: PropertyName): number | string | undefined {
  return allOf(got, name)[0];
}

/** All that a packet says under a property. */
export function allOf(got: Got, name: PropertyName): (number | string)[] {
  return got.properties.flatMap(([other, value]) => (other === name ? [value as number | string] : []));
}

/**
 * A client of bytes: sends whatever it is given, and reads what comes as one that is strict. Whatever a case is about, it also sees to it that
 * the broker keeps what holds for every connection: one CONNACK before all else, nothing after DISCONNECT, no packet identifier twice at a time,
 * no more than receive maximum, nothing above maximum packet size or topic alias maximum.
 */
export class Peer {
  readonly version: Version;
  readonly #socket: net.Socket;
  #bytes: Buffer = Buffer.alloc(0);
  /** The first bytes that were read. */
  raw: Buffer = Buffer.alloc(0);
  readonly #packets: Got[] = [];
  #wake: (() => void) | undefined;
  #fault: Error | undefined;
  #isOver = false;
  #connack: Got | undefined;
  #isTold = false;
  #lastId = 0;
  /** Packet identifiers of the broker's messages that are on their way. */
  readonly #open = new Set<number>();
  #limits = { receiveMaximum: 65_535, maximumPacketSize: Number.POSITIVE_INFINITY, topicAliasMaximum: 0 };

  private constructor(version: Version, socket: net.Socket) {
    this.version = version;
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => {
      this.#isOver = true;
      this.#wake?.();
    });
  }

  static async dial(version: Version, port: number): Promise<Peer> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const peer = new Peer(version, socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return peer;
  }

  /** The CONNACK that it got. */
  get connack(): Got {
    if (!this.#connack) throw new Error('no CONNACK came');
    return this.#connack;
  }

  send(...parts: Buffer[]): void {
    this.#socket.write(concat(...parts));
  }

  /** Lets the connection break, without a DISCONNECT. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Says goodbye and waits for the end. */
  async bye(): Promise<void> {
    this.send(BYE);
    await this.ended();
  }

  /** Sends CONNECT and waits for the answer. */
  async introduce(init: ConnectInit = {}): Promise<Got> {
    for (const [name, value] of Array.isArray(init.properties) ? (init.properties as readonly Property[]) : []) {
      if (name in this.#limits) this.#limits = { ...this.#limits, [name]: value };
    }
    this.send(connect(this.version, init));
    return await this.takes('connack');
  }

  /** The next packet; rejects where the connection ends first. */
  async next(): Promise<Got> {
    const end = performance.now() + PATIENCE_MS;
    while (this.#packets.length === 0) {
      if (this.#fault) throw this.#fault;
      if (this.#isOver) throw new Error('the connection was closed');
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error('nothing came');
      await this.#news(leftMs);
    }
    return this.#packets.shift() as Got;
  }

  async #news(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  /** The next packet, which must be of this kind. */
  async takes(kind: Got['kind']): Promise<Got> {
    let got: Got;
    try {
      got = await this.next();
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Error(`${kind} was to come: ${(error as Error).message}`);
    }
    if (got.kind !== kind) throw new Error(`${kind} was to come, and not ${describe(got)}`);
    return got;
  }

  /** Waits until the connection is closed, and returns the packets that came until then. */
  async ended(): Promise<Got[]> {
    const end = performance.now() + PATIENCE_MS;
    while (!this.#isOver) {
      if (performance.now() > end)
        throw new Error(`the connection is still open; last came ${this.#packets.map(describe)}`);
      await this.#news(end - performance.now());
    }
    if (this.#fault) throw this.#fault;
    return this.#packets.splice(0);
  }

  /** Nothing waits to be read, and the broker still answers. */
  async isQuiet(): Promise<void> {
    this.send(PINGREQ);
    await this.takes('pingresp');
  }

  async subscribe(filters: string | Filters, options = 0, list?: readonly Property[]): Promise<Got> {
    const id = ++this.#lastId;
    this.send(subscribe(this.version, id, typeof filters === 'string' ? [[filters, options]] : filters, list));
    return this.#answer('suback', id);
  }

  async unsubscribe(...filters: string[]): Promise<Got> {
    const id = ++this.#lastId;
    this.send(unsubscribe(this.version, id, filters));
    return this.#answer('unsuback', id);
  }

  /** Publishes, and goes through what its QoS asks for; the first answer, PUBACK or PUBREC. */
  async publish(topic: string | Buffer, text: string, init: PublishInit = {}): Promise<Got | undefined> {
    const id = init.id ?? ++this.#lastId;
    this.send(publish(this.version, topic, text, { ...init, id }));
    if (init.qos === 1) return this.#answer('puback', id);
    if (init.qos !== 2) return undefined;
    const pubrec = await this.#answer('pubrec', id);
    if (pubrec.reason < 0x80) {
      this.send(acknowledge('pubrel', id));
      await this.#answer('pubcomp', id);
    }
    return pubrec;
  }

  /** Waits for an answer; messages may come before it. */
  async #answer(kind: Got['kind'], id: number): Promise<Got> {
    const messages: Got[] = [];
    let got = await this.next();
    for (; got.kind === 'publish'; got = await this.next()) messages.push(got);
    this.#packets.unshift(...messages);
    if (got.kind !== kind || got.id !== id) throw new Error(`${kind} ${id} was to come, and not ${describe(got)}`);
    return got;
  }

  /** Takes a message and acknowledges it as its QoS asks for. */
  async message(): Promise<Got> {
    const got = await this.takes('publish');
    if (got.qos === 1) this.acknowledge('puback', got.id);
    if (got.qos === 2) {
      this.acknowledge('pubrec', got.id);
      await this.#answer('pubrel', got.id);
      this.acknowledge('pubcomp', got.id);
    }
    return got;
  }

  /** So many messages, acknowledged, as `text`. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await this.message()).text);
    return texts;
  }

  acknowledge(kind: 'puback' | 'pubrec' | 'pubcomp', id: number, reason = 0): void {
    if (kind !== 'pubrec' || reason >= 0x80) this.#open.delete(id);
    this.send(acknowledge(kind, id, reason));
  }

  #read(chunk: Buffer): void {
    this.#bytes = concat(this.#bytes, chunk);
    if (this.raw.length < MAX_RAW_BYTES) this.raw = concat(this.raw, chunk);
    try {
      for (let got = readPacket(this.version, this.#bytes); got; got = readPacket(this.version, this.#bytes)) {
        this.#bytes = this.#bytes.subarray(got.length);
        this.#check(got);
        this.#packets.push(got);
      }
    } catch (error) {
      this.#fault ??= error as Error;
    }
    this.#wake?.();
  }

  /** What holds for every connection. */
  #check(got: Got): void {
    const { kind, id, qos, length } = got;
    const { receiveMaximum, maximumPacketSize, topicAliasMaximum } = this.#limits;
    if (this.#isTold) throw new Fault(`${kind} came after DISCONNECT [MQTT-3.14.4-1]`);
    if (kind === 'connack') {
      if (this.#connack) throw new Fault('a second CONNACK [MQTT-3.2.0-2]');
      this.#connack = got;
    } else if (this.#connack?.reason !== 0) throw new Fault(`${kind} came before a CONNACK of success [MQTT-3.2.0-1]`);
    if (length > maximumPacketSize) throw new Fault(`${kind} has ${length} bytes [MQTT-3.1.2-24]`);
    this.#isTold = kind === 'disconnect';
    if (kind !== 'publish') return;
    const alias = Number(property(got, 'topicAlias') ?? 1);
    if (alias === 0) throw new Fault('the topic alias 0 [MQTT-3.3.2-8]');
    if (property(got, 'topicAlias') !== undefined && alias > topicAliasMaximum) {
      throw new Fault(`the topic alias ${alias} [MQTT-3.1.2-26]`);
    }
    if (qos === 0) return;
    if (this.#open.has(id)) throw new Fault(`the packet identifier ${id} is in use [MQTT-2.2.1-4]`);
    this.#open.add(id);
    if (this.#open.size > receiveMaximum) throw new Fault('more than receive maximum [MQTT-3.3.4-9]');
  }
}

function describe({ kind, id, reason, codes, topic, text }: Got): string {
  return `${kind} ${id} ${[reason, ...codes].map((code) => `0x${code.toString(16)}`).join(' ')} ${topic} ${text.slice(0, 40)}`;
}
