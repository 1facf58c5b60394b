import type { Clock } from '../common/clock.ts';
import type { GroupCommit } from '../common/group-commit.ts';
import type { Log } from '../common/log.ts';
import type { Counter } from '../common/metrics.ts';
import type { SharedBudget } from '../common/shared-budget.ts';
import type { QueueBudget } from '../transports/outbox.ts';
import type { BrokerDb } from './store/disk.ts';

/** How many persistent sessions there may be, where nobody says it. */
export const DEFAULT_MAX_SESSIONS = 2000;

/** What a broker core needs, beside its host. */
export interface EngineOptions {
  clock: Clock;
  log: Log;
  /** Counts each message that goes to a client. */
  sent: Counter;
  /** An opened level database. */
  db: BrokerDb;
  /** What writes to it for all who do. Default: nobody else does. */
  writes?: GroupCommit | undefined;
  /** What lies on the disk is not what was written there; a whole sentence. */
  damaged(message: string): void;
  /** The room for retained messages, which the hub counts its own in too. */
  retainedBudget: SharedBudget;
  /** The longest packet, its fixed header included. */
  maxPacketBytes: number;
  /** A client that takes nothing of what waits for it for so long is disconnected. */
  drainTimeoutMs: number;
  /** How much waits for one client. */
  maxQueueBytes: number;
  /** How much waits for all clients of the gateway together. */
  budget: QueueBudget;
  /** Which core speaks with clients of MQTT 3.1 and 3.1.1; those of MQTT 5 have our own. Default: aedes. */
  core?: 'aedes' | 'own' | undefined;
  /** The longest keep-alive time that a client of MQTT 5 may choose, in seconds. Default 0: any. */
  maxKeepAliveS?: number | undefined;
  /** How long a new connection may take to introduce itself. */
  handshakeTimeoutMs: number;
  /** How many messages wait on disk for one client that is away; the newest are dropped. Default 10,000. */
  maxQueuedMessages?: number;
  /** How many bytes wait on disk for all of them; one has a quarter at most. Default 256 MiB. */
  maxQueuedBytes?: number;
  /** How many persistent sessions there may be. Default `DEFAULT_MAX_SESSIONS`. */
  maxSessions?: number;
  /** How long the session of a client that is away is kept, measured while the gateway runs; 0 is for ever. Default 0. */
  sessionExpiryMs?: number;
}
