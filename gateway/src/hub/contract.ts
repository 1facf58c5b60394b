import type { Clock } from '../common/clock.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Pipeline } from './channel.ts';
import type { ClientInfo } from './client.ts';
import type { Egress } from './egress.ts';
import type { ProtocolTable } from './protocol-traits.ts';
import type { Receipt } from './receipt.ts';
import type { Protocol } from './session.ts';
import type { HubStore, RetainedRecord, ScheduledRecord } from './store.ts';

export interface HubOptions {
  clock: Clock;
  metrics: Metrics;
  store: HubStore;
  protocols: ProtocolTable;
  /** Builds the pipeline of a functional channel from the text between its brackets; undefined where it is malformed. */
  compile(functions: string, address: string): Pipeline | undefined;
  /** How long a client's subscriptions wait for it to come back. */
  stickyMs: number;
  /** How many offline clients are remembered. */
  maxKnownClients: number;
  /** How many channels may have a retained message, and how many bytes these need in memory together. */
  maxRetained: number;
  maxRetainedBytes: number;
  /** How many characters the kept values of one channel may have, with their names. */
  maxKeptLength: number;
  /** How many messages may wait for their time, and how many bytes these need in memory together. */
  maxScheduled: number;
  maxScheduledBytes: number;
  /** How many channels one client may subscribe to. */
  maxSubscriptions: number;
}

/** What an earlier run of the gateway left. */
export interface HubState {
  clients: Iterable<ClientInfo>;
  retained: Iterable<[string, RetainedRecord]>;
  scheduled: Iterable<ScheduledRecord>;
}

export interface JoinOptions {
  /** Take the id from a connection of the same protocol that has it; by default the protocol's trait says whether. */
  takeover?: boolean;
  /** Have no id that is the name of a channel with subscribers, unless the client is known. */
  refuseChannels?: boolean;
  /** Who the client was before, under another id, and is away: it is forgotten, and what waited for it is this client's. */
  formerId?: string | undefined;
}

export type JoinOutcome =
  | { outcome: 'joined' }
  /** Somebody has the id; `by` says over which protocol, or that it is a channel, where the session asked to be kept from these. */
  | { outcome: 'taken'; by: Protocol | 'channel' }
  /** The id is one of the gateway's own names. */
  | { outcome: 'reserved' };

export type SubscribeOutcome = 'subscribed' | 'already' | 'malformed' | 'wrong_password' | 'too_many' | 'not_joined';

/** Why the values of a channel are not kept. */
export type KeepRefusal = 'store_full' | 'bad_name' | 'not_allowed';

export interface SendOptions {
  /** Keep the message for later subscribers for so long. */
  retainMs?: number | undefined;
  /** Keep the last value of each of the message's fields from now on, whoever sets it. */
  keep?: boolean | undefined;
  /** Send it after so long instead of now, whatever the wall clock says. */
  delayMs?: number | undefined;
  /** Send it at this moment, once the wall clock is known to be right; milliseconds since 1970. `delayMs` goes before it. */
  dueMs?: number | undefined;
  /** Where it waits, it does so in memory alone: it is lost when the gateway ends before its time. */
  inMemory?: boolean | undefined;
  /** The address that the sender has, without a port: what is kept counts to its share of the room. */
  address?: string | undefined;
  /**
   * What follows a colon in the message's `to` is a password, as in OOCSI: as long as the channel has no subscriber, only
   * those may see the message who wrote the same.
   */
  passwords?: boolean;
  /** Where the message came in, if not from a session: the egress of that matcher, which serves its own subscribers itself. */
  ingress?: Egress;
  /** A message to the sender's own name comes back to it (default), or not. */
  echo?: boolean;
  /** The message was accepted before, so it is sent even if it cannot be kept. */
  accepted?: boolean;
}

/** Of a message that came in from another matcher. */
export type IngressOptions = SendOptions & Required<Pick<SendOptions, 'ingress'>>;

/** Running totals, as they are when they are asked for. */
export interface HubCounters {
  messages: number;
  deliveries: number;
  refusals: Record<NonNullable<Receipt['reason']>, number>;
}
