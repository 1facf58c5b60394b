import type { Duplex } from 'node:stream';

/** A connection for a protocol that reads its own bytes: a TCP socket, or the stream of a WebSocket's messages. */
export type ByteStream = Duplex;

/** What a session may do to its connection; transports implement it, tests imitate it. */
export interface Wire {
  /** Where the peer is, for logs: `127.0.0.1:50312`, or a serial port's path. */
  readonly peer: string;
  /** Queues a whole unit of the protocol (a line, a WebSocket frame). False: the queue is full and nothing was queued. */
  write(unit: Uint8Array): boolean;
  /** Ends the connection after what is queued. A WebSocket says the code and reason; other wires have no place for them. */
  end(code?: number, reason?: string): void;
}

/** A session as its transport drives it. All text; the transport takes care of bytes, chunks and length limits. */
export interface TextSession {
  /** One line, its line break taken off, or one text message of a WebSocket. */
  receive(text: string): void;
  /** A line or message was longer than allowed and was thrown away. */
  receiveTooLong(limitBytes: number): void;
  /** Called every second, for pings and timeouts, with `Clock.monotonicMs`. */
  tick(nowMs: number): void;
  /** The connection is gone; called once. */
  disconnected(): void;
}

/** A session of binary frames as its transport drives it. It keeps its own time. */
export interface BinarySession {
  /** One whole frame. The bytes may be used again afterwards. */
  receive(bytes: Uint8Array): void;
  /** A frame was longer than allowed and was thrown away. */
  receiveTooLong(limitBytes: number): void;
  /** The connection is gone; called once. */
  disconnected(): void;
}
