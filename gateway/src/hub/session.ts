import type { Message } from './message.ts';

/**
 * How a client came in, by the name that lists, logs and the file of known clients show; any name but `channel`, which `JoinOutcome`
 * has another use for. What is special about it are its traits (protocol-traits.ts).
 */
export type Protocol = string;

/** The gateway's own: built-in clients and system channels. */
export const GATEWAY_PROTOCOL = 'gateway';

/** What became of one message at one recipient. Everything but `delivered` means that this recipient did not get it. */
export type Delivery = 'delivered' | 'queue_full' | 'too_large' | 'closed';

/** Why a connection ends, in the words that logs and presence messages use. `revoked`: it may not be here any more. */
export type LeaveReason = 'left' | 'closed' | 'timeout' | 'replaced' | 'revoked' | 'error' | 'shutdown';

/** One client's live connection, as the hub sees it. Protocol sessions implement it. */
export interface Session {
  readonly id: string;
  readonly protocol: Protocol;
  /**
   * The id was made up, by the gateway, a library or a command: the client is forgotten when it leaves, as nobody comes back
   * under that id, and remembering it would push out those that do.
   */
  readonly transient?: boolean;
  /** Says whose connection this may be, where the id alone does not: another client of the same origin may have been this one. */
  readonly origin?: string | undefined;
  /** Where it comes from, with its port: `127.0.0.1:50312`, or a serial port's path. */
  readonly peer?: string | undefined;
  /** Encodes and queues one message. Never throws, never blocks. */
  deliver(message: Message): Delivery;
  /** Asks the session to end its connection, because the hub needs its place or the gateway stops. */
  close(reason: LeaveReason): void;
}
