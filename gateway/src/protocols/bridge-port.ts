import type { ByteStream } from '../transports/wire.ts';

/**
 * What a bridge to another broker needs of MQTT here. A bridge is a client with a persistent session: what is to go to the other broker waits in
 * the queue of that session, which is on disk before its sender has an acknowledgement, and until the other broker has acknowledged it.
 */
export interface BridgePort {
  /** Gives the session of a bridge room for so many bytes, beside that of all other sessions. */
  reserve(id: string, maxBytes: number): void;
  /** Takes over a stream on which a bridge speaks MQTT 5 as a client; it may do what the account may, or everything where it has none. */
  accept(stream: ByteStream, peer: string, account: string | undefined): void;
  /** How many messages wait, and how many bytes they take. */
  waiting(id: string): { count: number; bytes: number };
  hasSession(id: string): boolean;
  /** The topic filters that the session has. */
  subscriptions(id: string): Iterable<string>;
  /** Forgets which messages of QoS 2 came from the other broker and were not released: it has begun anew. */
  forgetReceived(id: string): void;
  /** The ids of all bridges that have a session here. */
  sessionIds(): readonly string[];
  /** Ends a session with all that waits for it; the bridge is not connected. */
  endSession(id: string): void;
}
