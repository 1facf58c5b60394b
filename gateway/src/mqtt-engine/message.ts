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

  isExpired(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && this.expiresAtMs <= nowMs;
  }
}
