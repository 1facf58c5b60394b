import { readMessageProperties } from './codec/message-properties.ts';
import type { MessageProperties, QoS } from './codec/packets.ts';
import type { Published } from './contract.ts';

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
  readonly payload: Buffer;
  readonly qos: QoS;
  retain: boolean;
  readonly clientId: string | undefined;
  readonly account: string | undefined;
  readonly address: string | undefined;
  readonly properties: MessageProperties | undefined;
  readonly expiresAtMs: number | undefined;
  /** Whole packets of QoS 0 without anything of one recipient's: of MQTT 3, of 3 with the mark of a retained message, of 5, the same. */
  readonly packets: [Buffer | undefined, Buffer | undefined, Buffer | undefined, Buffer | undefined] = [
    undefined,
    undefined,
    undefined,
    undefined,
  ];

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

  /** The same message with memory of its own: payloads and properties are views of what was read in one go, which they would keep alive. */
  detach(): EngineMessage {
    if (this.#isDetached) return this;
    const { properties } = this;
    const copy = new EngineMessage({
      ...this,
      payload: Buffer.from(this.payload),
      properties: properties && readMessageProperties(Buffer.from(properties.raw)),
    });
    copy.#isDetached = true;
    return copy;
  }

  isExpired(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && this.expiresAtMs <= nowMs;
  }
}
