import type { Clock } from '../../common/clock.ts';
import type { Counter } from '../../common/metrics.ts';
import type { EngineHost, EngineSession } from '../contract.ts';
import type { LiveClients } from '../store/live-clients.ts';
import type { MqttStore } from '../store/store.ts';
import type { SubscriptionIndex } from '../store/subscription-index.ts';
import type { LastWills } from './last-wills.ts';
import type { LiveClient } from './live-client.ts';
import type { Router } from './router.ts';

/** What the gateway allows and takes. */
export interface CoreLimits {
  /** The longest packet that a client may send. */
  maxPacketBytes: number;
  /** Of messages that wait in memory for a client that acknowledges slowly. */
  maxQueueBytes: number;
  /** How long a client has to send its CONNECT. */
  handshakeTimeoutMs: number;
  /** The longest that a session lasts without its client, in milliseconds; Infinity: for ever. */
  maxSessionExpiryMs: number;
  /** The longest keep-alive time that a client may choose, in seconds; 0: any, and none. */
  maxKeepAliveS: number;
}

/** What all clients of all cores share. */
export interface CoreParts<S extends EngineSession> {
  host: EngineHost<S>;
  store: MqttStore;
  index: SubscriptionIndex;
  router: Router;
  wills: LastWills;
  live: LiveClients<LiveClient<S>>;
  clock: Clock;
  limits: CoreLimits;
  /** Counts each message that goes to a client. */
  sent: Counter;
  /** Something that is no client's fault went wrong. */
  failed(error: unknown): void;
}
