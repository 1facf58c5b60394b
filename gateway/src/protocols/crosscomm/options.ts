import type { Message } from '../../hub/message.ts';

export interface CrossCommOptions {
  /** A client that is silent for so long is offline until it is heard of again. */
  heartbeatTimeoutMs: number;
  /** The longest text the transport accepts; said to peers that exceed it. */
  maxMessageBytes: number;
  /** A connection that neither logs in nor lists within this time is closed. Default: it may wait for ever. */
  handshakeTimeoutMs?: number | undefined;
  /** Told of each message with an object's key that a client sends: what the object is called. */
  objectSent?: ((message: Message) => void) | undefined;
}
