import type { Trail } from '../hub/tracer.ts';
import { readMessageProperties } from './codec/message-properties.ts';
import type { MessageProperties, QoS } from './codec/packets.ts';
import type { Published, TopicNames } from './contract.ts';

export interface EngineMessageInit {
  topic: string;
  payload: Buffer;
  qos: QoS;
  /** It was published to be retained; a subscriber sees that only if it asked for it (retain as published). */
  retain: boolean;
  /** The client that sent it; undefined where the gateway itself did. */
  clientId?: string | undefined;
  account?: string | undefined;
  address?: string | undefined;
  properties?: MessageProperties | undefined;
  /** When it is worth nothing any more, by `Clock.monotonicMs`; undefined: never. */
  expiresAtMs?: number | undefined;
}

/** How it is to come to one recipient. */
interface Handed {
  readonly qos: QoS;
  readonly retain: boolean;
  readonly identifiers: readonly number[] | undefined;
  readonly shared?: string | undefined;
}

/** An application message on its way to its subscribers. It keeps the packets that were made of it, so that they are made once for all. */
export class EngineMessage implements Published {
  topic: string;
  payload: Buffer;
  readonly qos: QoS;
  retain: boolean;
  readonly clientId: string | undefined;
  readonly account: string | undefined;
  readonly address: string | undefined;
  properties: MessageProperties | undefined;
  readonly expiresAtMs: number | undefined;
  /** Until it was handed out. */
  trail: Trail | undefined = undefined;
  /** It is the one that is kept for later subscribers of its topic. */
  isKept = false;
  /** Of its host, between `EngineHost.keep` and `EngineHost.published`. */
  made: unknown = undefined;
  /** The queue of a bridge had no room for it: its sender is told so, where it can be. */
  isRefused = false;
  /** Whole packets of QoS 0 without anything of one recipient's, nor the mark of a retained message: of MQTT 3, and of 5. */
  #packet3: Buffer | undefined;
  #packet5: Buffer | undefined;
  /** The same for those who call its topic otherwise, as the last of them got it. */
  #ownPacket: { names: TopicNames; isFor5: boolean; packet: Buffer } | undefined;

  /** Its record on disk for whoever it was queued for last, and how it was to be handed to them. */
  #record: Buffer | undefined;
  #handing: Handed | undefined;
  #isDetached = false;

  constructor(init: EngineMessageInit) {
    this.topic = init.topic;
    this.payload = init.payload;
    this.qos = init.qos;
    this.retain = init.retain;
    this.clientId = init.clientId;
    this.account = init.account;
    this.address = init.address;
    this.properties = init.properties;
    this.expiresAtMs = init.expiresAtMs;
  }

  /** What `make` makes of it for the disk: one for all to whom it is handed alike. */
  recordFor<H extends Handed>(handing: H, make: (message: EngineMessage, handing: H) => Buffer): Buffer {
    const known = this.#handing;
    const isSame =
      known?.qos === handing.qos &&
      known.retain === handing.retain &&
      known.identifiers === handing.identifiers &&
      known.shared === handing.shared;
    if (this.#record !== undefined && isSame) return this.#record;
    this.#handing = handing;
    this.#record = make(this, handing);
    return this.#record;
  }

  /**
   * Gives it memory of its own: its payload and properties are views of what was read in one go, which they would keep alive. `payload`: a copy
   * of its payload that there is already.
   */
  detach(payload?: Buffer): this {
    if (this.#isDetached) return this;
    this.#isDetached = true;
    this.payload = payload ?? Buffer.from(this.payload);
    if (this.properties !== undefined) this.properties = readMessageProperties(Buffer.from(this.properties.raw));
    return this;
  }

  /** A packet that was made of it, for clients of MQTT 5 or 3 that call its topic so; undefined where there is none. */
  packetOf(isFor5: boolean, names: TopicNames | undefined): Buffer | undefined {
    if (names === undefined) return isFor5 ? this.#packet5 : this.#packet3;
    const own = this.#ownPacket;
    return own?.names === names && own.isFor5 === isFor5 ? own.packet : undefined;
  }

  keepPacket(packet: Buffer, isFor5: boolean, names: TopicNames | undefined): void {
    if (names !== undefined) this.#ownPacket = { names, isFor5, packet };
    else if (isFor5) this.#packet5 = packet;
    else this.#packet3 = packet;
  }

  /** Lets go of what was made of it for its recipients: it stays, and they have it. */
  letGo(): void {
    this.#packet3 = undefined;
    this.#packet5 = undefined;
    this.#ownPacket = undefined;
    this.#record = undefined;
    this.#handing = undefined;
  }

  isExpired(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && this.expiresAtMs <= nowMs;
  }
}
