import type { Message, MessageInit } from './message.ts';
import type { Session } from './session.ts';
import type { RetainedRecord } from './store.ts';
import type { Trail } from './tracer.ts';

/** Is told what is subscribed to: once for each channel or topic filter that gets its first subscriber, or loses its last. */
export interface FilterWatch {
  began(filter: string): void;
  ended(filter: string): void;
}

/** What a matcher retains itself. */
export interface RetainedContent extends Pick<MessageInit, 'kind' | 'body'>, Pick<RetainedRecord, 'extra'> {
  /** By `Clock.monotonicMs`; undefined: it stays. */
  readonly expiresMs?: number | undefined;
}

/**
 * The way from the hub to another part that matches channels with subscribers of its own, such as the MQTT broker. The hub hands it the
 * messages for those subscribers. Messages from that part are offered to the hub with this egress as their `ingress`, and do not go back
 * to it.
 */
export interface Egress {
  /**
   * Publishes to the matcher's own subscribers of the channel. `retainMs`: retain it for later subscribers as well.
   * `trail`: where who gets it is written down, for messages of which somebody wants to know. Returns how many will get it.
   */
  publish(message: Message, retainMs: number | undefined, trail?: Trail): number;
  /** Whether it writes down what is kept and sent to a channel, for those who cannot be reached now. Left out: it does for none. */
  keeps?(channel: string): boolean;
  /** Begins to write down a message that is kept, before it is sent: `publish` of the same message follows, and need not do it again. */
  keep?(message: Message): void;
  /** Notes that a message is retained elsewhere, for the matcher's later subscribers, in place of any other; it is sent to no one now. */
  hold(message: Message): void;
  /** What it keeps for later subscribers of a channel itself, as `Hub.mirrorRetained` was told; undefined where it does not. */
  retained(channel: string): RetainedContent | undefined;
  /** Ends a retained message that `publish` or `hold` was asked to keep. */
  clearRetained(channel: string): void;
  /** The matcher's clients that are online and subscribe to exactly this channel. */
  subscribers(channel: string): Iterable<string>;
  /** Whether there is any of these: asked for each client that comes. */
  hasSubscribers(channel: string): boolean;
  /** How many of its own clients get what is sent to a channel, those included for whom it is kept. */
  reach(channel: string): number;
  /** Tells `watch` what its own clients subscribe to, and what changes in that, until the returned function is called. */
  watchFilters(watch: FilterWatch): () => void;
  /** The channels that somebody there subscribes to by exactly their name. */
  channels(): Iterable<string>;
  /** What this client, online or not, is subscribed to there: names and topic filters. */
  subscriptions(id: string): Iterable<string>;
  /** Ends what it keeps for a client that is away, such as its session; does nothing while that is online. */
  forget(id: string): void;
  /** Whether what is sent to this client while it is away waits for it over there; `from`: by whom. */
  keepsFor(id: string, from: string): boolean;
  /** The ids for which what is sent to them while they are away waits over there, if it is theirs; left out: none. */
  holders?(): Iterable<string>;
  /** Whether an id is one of these. */
  holds?(id: string): boolean;
  /**
   * Hands out what waits for a client that is away and was sent to it alone, oldest first; nothing where the session is another account's. What `take`
   * says yes to is removed in the same write as what `take` stages. Resolves to false where the client came back, or `take` said no; rejects where
   * it cannot be read.
   */
  takeWaiting?(id: string, account: string | undefined, take: (message: MessageInit) => boolean): Promise<boolean>;
  /** Whether this session's client gets over there what comes in from there, so that the hub has nothing to hand it. */
  serves(session: Session): boolean;
}
