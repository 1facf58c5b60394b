import type { Duplex } from 'node:stream';
import type { SignedIn } from '../common/signed-in.ts';

/** A connection for a protocol that reads its own bytes: a TCP socket, or the stream of a WebSocket's messages. */
export type ByteStream = Duplex;

/** What a connection brings to tell who opened it, before anything is said on it. */
export interface Brought {
  /** The web page of another origin that opened it, which is let in by a credential of its own alone; undefined: none. */
  readonly page?: string | undefined;
  /** SHA-256 of the client certificate by which the other end has proved itself, hexadecimal, lower case. */
  readonly certificate?: string | undefined;
  /** The web page that opened it has signed in before; a credential inside of the protocol counts instead. */
  readonly signedIn?: SignedIn | undefined;
  /** It is no connection from outside: the gateway's own bridge to another broker opened it, on behalf of this account or of none. */
  readonly bridge?: { readonly account: string | undefined } | undefined;
}

/** What a session may do with its connection. Transports implement it; tests have an imitation. */
export interface Wire extends Brought {
  /** The address of the other end, for logs: `127.0.0.1:50312`, or the path of a serial port. */
  readonly peer: string;
  /** What waits to be read by the other end, in bytes; undefined where that is not known. */
  readonly queuedBytes?: number | undefined;
  /** Queues a whole unit of the protocol (a line, a WebSocket frame). False: the queue is full and nothing was queued. */
  write(unit: Uint8Array): boolean;
  /** Ends the connection after what is queued. A WebSocket sends the code and reason; other connections cannot. */
  end(code?: number, reason?: string): void;
}

/** A session of text, as its transport calls it. The transport takes care of bytes, chunks and length limits. */
export interface TextSession {
  /** One line without its line break, or one text message of a WebSocket. */
  receive(text: string): void;
  /** A line or message was longer than allowed, and was dropped. */
  receiveTooLong(limitBytes: number): void;
  /** Called every second, for pings and timeouts, with `Clock.monotonicMs`. */
  tick(nowMs: number): void;
  /** The connection is gone; called once. */
  disconnected(): void;
}

/** A session of binary frames, as its transport calls it. It has its own timers. */
export interface BinarySession {
  /** One whole frame. The bytes may be used again afterwards. */
  receive(bytes: Uint8Array): void;
  /** A frame was longer than allowed, and was dropped. */
  receiveTooLong(limitBytes: number): void;
  /** The connection is gone; called once. */
  disconnected(): void;
}
