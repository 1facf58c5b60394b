import type { ClientCounts } from '../common/client-counts.ts';
import type { Message } from './message.ts';

/**
 * The name of a protocol, as lists, logs and the file of known clients show it; any name except `channel`, which `JoinOutcome` uses for
 * something else. Properties of a protocol are its traits (protocol-traits.ts).
 */
export type Protocol = string;

/** The protocol of the gateway's own clients: built-in clients and system channels. */
export const GATEWAY_PROTOCOL = 'gateway';

/** The result of delivering one message to one recipient. Everything but `delivered` means that the recipient did not get it. */
export type Delivery = 'delivered' | 'queue_full' | 'too_large' | 'closed';

/** Why a connection ends, in the words that logs and presence messages use. `revoked`: its admission was taken back. */
export type LeaveReason = 'left' | 'closed' | 'timeout' | 'replaced' | 'revoked' | 'error' | 'shutdown';

/** One client's live connection, as the hub sees it. Protocol sessions implement it. */
export interface Session {
  readonly id: string;
  readonly protocol: Protocol;
  /**
   * The id was made up by the gateway, a library or a command. The client is forgotten when it leaves, as nobody comes back with that id,
   * and remembering it would displace clients that do come back.
   */
  readonly transient?: boolean;
  /** Two clients with the same origin may be the same client, although their ids differ. */
  readonly origin?: string | undefined;
  /** Where it comes from, with its port: `127.0.0.1:50312`, or a serial port's path. */
  readonly peer?: string | undefined;
  /** What was counted of it; left out where nothing is. */
  readonly counts?: ClientCounts | undefined;
  /** Encodes and queues one message. Never throws, never blocks. */
  deliver(message: Message): Delivery;
  /**
   * Asks the client whether it is still there, for a newcomer that wants its id: `answer` is called once, with whether the id is free. The
   * returned function takes the question back. Left out where an id is taken without asking.
   */
  probe?(answer: (isFree: boolean) => void): () => void;
  /**
   * Asks the session to end its connection, because another connection takes its id, or the gateway stops. `isElsewhere`: the connection that
   * takes its id is at another gateway.
   */
  close(reason: LeaveReason, isElsewhere?: boolean): void;
}

/** How a client calls what others call otherwise. */
export interface NameView {
  /** A message as this client is to see it. */
  shown(message: Message): Message;
}

/** Whoever knows what a client may hear. */
export interface Hearer {
  /** What the client has in place of the names of all others; undefined: it calls everything as others do. */
  readonly names?: NameView | undefined;
  /** Whether what is sent to this channel may reach it. */
  hears(channel: string): boolean;
}
