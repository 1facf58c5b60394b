import type { QoS } from '../codec/packets.ts';
import type { EngineMessage } from '../message.ts';

/** How a message is to come to one recipient. */
export interface Handing {
  readonly qos: QoS;
  /** The mark of a retained message that the recipient sees. */
  readonly retain: boolean;
  /** The subscription identifiers of all its subscriptions that match; undefined: none. */
  readonly identifiers: readonly number[] | undefined;
  /** The shared subscription that it comes by (`$share/GROUP/FILTER`); undefined: none. */
  readonly shared?: string | undefined;
}

/** A message that waits in a queue, or was sent and is not acknowledged. */
export interface QueuedMessage extends Handing {
  /** Its number in its session, from which its packet id follows. */
  readonly seq: number;
  /** undefined where the client has confirmed that it received it (PUBREC): only its number is left. */
  readonly message: EngineMessage | undefined;
}

/** The messages of QoS 1 and 2 of one session that its client has not acknowledged, oldest first. */
export interface SessionQueue {
  readonly count: number;
  readonly bytes: number;
  /** The number of the oldest entry; `nextSeq` where there is none. */
  readonly firstSeq: number;
  /** The number that the next entry gets. Numbers go up by one, also over restarts. */
  readonly nextSeq: number;
  /** All that was added or released is on disk, or could not be written. */
  readonly isWritten: boolean;
  /** Takes a message in, whose write is begun; its number, or undefined where there is no room (the log has been told). */
  add(message: EngineMessage, handing: Handing): number | undefined;
  /**
   * Up to `most` entries from `fromSeq` on, oldest first: at once where they are in memory, otherwise as a promise, which rejects where they
   * cannot be read. Messages that have expired are removed, and left out, but for those below `sentBefore`, which the client may have been sent
   * (MQTT-4.3.3-7). Fewer than `most` does not mean that there are no more; none does.
   */
  read(
    fromSeq: number,
    most: number,
    sentBefore?: number,
  ): readonly QueuedMessage[] | Promise<readonly QueuedMessage[]>;
  /** The client has confirmed that it received the message: only its number is kept. Whoever must know that it is on disk waits for a commit. */
  release(seq: number): void;
  /** The client has acknowledged it. */
  remove(seq: number): void;
}

/** The packet ids of the messages of QoS 2 that a client has sent and not released. */
export interface ReceivedIds {
  readonly size: number;
  has(id: number): boolean;
  add(id: number): unknown;
  delete(id: number): unknown;
}

/** What outlives the connection of a client: its subscriptions (in the index), what waits for it, and what it has not released. */
export interface StoredSession {
  readonly id: string;
  /** Whose it is; undefined: of no account. */
  readonly account: string | undefined;
  /** How long it lasts after its client has gone, in milliseconds; Infinity: for ever. */
  readonly expiryMs: number;
  readonly queue: SessionQueue;
  readonly received: ReceivedIds;
  /** Entries of the queue below this number may have been sent before: sent again, they are duplicates (MQTT-3.3.1-1). */
  sentSeq: number;
  /**
   * A connection is about to be sent its first message of QoS 1 or 2: from its write on, whatever is in the queue when the gateway is
   * killed may have been sent. Staged once for each connection.
   */
  noteSending(): void;
}

/** The sessions that outlive their connections. */
export interface Sessions {
  get(id: string): StoredSession | undefined;
  all(): Iterable<StoredSession>;
  /** True where the client has a session, or there is room for one: where all are taken, the oldest that holds nothing ends. */
  mayKeep(id: string): boolean;
  /** A client of `account` comes: a session that another account's client has left under its id ends. */
  claim(id: string, account: string | undefined): void;
  /** The client is here; its session, made if it has none. It does not expire until `left`. */
  open(id: string, account: string | undefined, expiryMs: number): StoredSession;
  /** The client has gone; its session ends after `expiryMs` if it does not come back: at once where that is 0. */
  left(id: string, expiryMs: number): void;
  /** Ends a session with all that is its own, in one write, if there is one. */
  end(id: string): void;
  /** Ends the sessions of accounts that are gone. */
  endOf(isGone: (account: string) => boolean): void;
  /** Is called with the id of each session that has ended, for whatever reason: a last will that waits is due then. */
  onEnd(listener: (id: string) => void): void;
}

/** A last will that is to be published when its client's connection ends, or some time after that. */
export interface StoredWill {
  readonly id: string;
  readonly message: EngineMessage;
  /** How long after the end of the connection, in milliseconds. */
  readonly delayMs: number;
  /** For how many seconds its message is worth anything from when it is published; undefined: for ever. */
  readonly expiryS: number | undefined;
}

/** The last wills of clients that are online, and those whose delay is under way. */
export interface Wills {
  set(will: StoredWill): void;
  delete(id: string): void;
  all(): Iterable<StoredWill>;
}
