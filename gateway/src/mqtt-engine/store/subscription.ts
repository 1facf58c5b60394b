import type { QoS } from '../contract.ts';

/** What a match needs to know of one client's subscription, or of several that overlap. */
export interface Match {
  readonly id: string;
  readonly qos: QoS;
  /** It belongs to a session on disk, which outlives the connection. */
  readonly durable: boolean;
  /** The client sees which messages were published to be retained. */
  readonly retainAsPublished: boolean;
  /** Its subscription identifiers; undefined: none. */
  readonly identifiers: readonly number[] | undefined;
  /** The shared subscription `$share/GROUP/FILTER` that it is of; undefined: of none. */
  readonly shared: string | undefined;
}

/** One client's subscription to one topic filter. */
export interface Subscription extends Match {
  readonly filter: string;
  /** The client does not get what it published itself. */
  readonly noLocal: boolean;
}

/** What a client asked for: a subscription without what follows from its filter. */
export type SubscriptionInit = Pick<Subscription, 'id' | 'filter' | 'qos' | 'durable'> &
  Partial<Pick<Subscription, 'noLocal' | 'retainAsPublished'>> & {
    /** 0, or left out: none. */
    identifier?: number | undefined;
  };
