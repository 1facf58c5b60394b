import type { Clock } from '../common/clock.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Pipeline } from './channel.ts';
import type { ClientInfo } from './client.ts';
import type { Egress } from './egress.ts';
import type { HistoryLimits } from './history/history.ts';
import type { Message } from './message.ts';
import type { ProtocolTable } from './protocol-traits.ts';
import type { Receipt } from './receipt.ts';
import type { Hearer, Protocol, Session } from './session.ts';
import type { HubStore, RetainedRecord, ScheduledRecord } from './store.ts';
import type { Trail } from './tracer.ts';

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
  history: HistoryLimits;
}

/** What an earlier run of the gateway left. */
export interface HubState {
  clients: Iterable<ClientInfo>;
  retained: Iterable<[string, RetainedRecord]>;
  scheduled: Iterable<ScheduledRecord>;
}

export interface JoinOptions {
  /** Take the id from a connection of the same protocol that has it; by default the protocol's trait says whether. */
  takeover?: boolean | undefined;
  /** Refuse an id that is the name of a channel with subscribers, unless the client is known. */
  refuseChannels?: boolean | undefined;
  /** The account that the client belongs to; what waits for the id of another account's client is given up. */
  account?: string | undefined;
  /** Who says what it may hear: asked for what a topic filter of its matches, and for retained messages. By default it may hear all. */
  hearer?: Hearer | undefined;
  /** The client's former id. That client is offline: it is forgotten, and this one gets its subscriptions. */
  formerId?: string | undefined;
}

export type JoinOutcome =
  | { outcome: 'joined' }
  /** Another client has the id: `by` is its protocol; or `channel`, if `refuseChannels` was set and a channel has this name. */
  | { outcome: 'taken'; by: Protocol | 'channel' }
  /** The id is reserved for the gateway. */
  | { outcome: 'reserved' };

export type SubscribeOutcome = 'subscribed' | 'already' | 'malformed' | 'wrong_password' | 'too_many' | 'not_joined';

/** Why the values of a channel are not kept. */
export type KeepRefusal = 'store_full' | 'bad_name' | 'not_allowed';

export interface SendOptions {
  /** Retain the message for later subscribers for this time. */
  retainMs?: number | undefined;
  /** Keep the last value of each of the message's fields from now on, whoever sets it. */
  keep?: boolean | undefined;
  /** Send it after this time, measured by the monotonic clock. */
  delayMs?: number | undefined;
  /** Send it at this time of the wall clock, once that is known to be right; milliseconds since 1970. `delayMs` overrides it. */
  dueMs?: number | undefined;
  /** If it has to wait, keep it in memory only: it is lost if the gateway ends before its time. */
  inMemory?: boolean | undefined;
  /** The sender's account, where the sender is not online under its name. */
  account?: string | undefined;
  /** By which protocol the sender came, where it is not online under its name. */
  protocol?: Protocol | undefined;
  /** The sender's address, without a port: what is kept counts towards the share of this address. */
  address?: string | undefined;
  /**
   * What follows a colon in the message's `to` is a password, as in OOCSI: as long as the channel has no subscriber, only
   * those may see the message who wrote the same.
   */
  passwords?: boolean;
  /** The matcher from which the message came, if it did not come from a session: it has served its own subscribers already. */
  ingress?: Egress;
  /** The other gateway from which the message came: it goes on to no third one. */
  gateway?: string | undefined;
  /** Where that matcher writes down what becomes of it; undefined: it does not, or the message is from a session. */
  trail?: Trail | undefined;
  /** What a subscriber of the channel itself gets in place of the message; undefined: nothing. For what the gateway says of others. */
  view?: ((session: Session) => Message | undefined) | undefined;
  /** Whether a message to the sender's own id comes back to the sender; true by default. */
  echo?: boolean;
  /** The message was accepted earlier, so it is sent even if it cannot be retained. */
  accepted?: boolean;
}

/** The options of a message that came from another matcher. */
export type IngressOptions = SendOptions & Required<Pick<SendOptions, 'ingress'>>;

/** Running totals, as they are when they are asked for. */
export interface HubCounters {
  messages: number;
  deliveries: number;
  refusals: Record<NonNullable<Receipt['reason']>, number>;
}
