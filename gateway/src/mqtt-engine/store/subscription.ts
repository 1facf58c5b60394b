import type { QoS } from '../contract.ts';

/** One client's subscription to one topic filter. */
export interface Subscription {
  readonly id: string;
  readonly filter: string;
  readonly qos: QoS;
  /** It belongs to a session on disk, which outlives the connection. */
  readonly durable: boolean;
  /** Of a bridge: it does not get what its own client published, and is told what was published to be retained. */
  readonly noLocal: boolean;
}
