import { type RawData, WebSocket } from 'ws';

/** How long a peer may take to answer a close frame before its socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 5000;
/** A control frame holds 125 bytes, and the close code takes two of them (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** The connection that a WebSocket belongs to, and is told of what comes by it. */
export interface SocketOwner {
  /** A whole message came. */
  received(data: Buffer, isBinary: boolean): void;
  /** The other end answered a ping. */
  heard(): void;
  /** Something is wrong; the socket closes by itself. */
  failed(error: NodeJS.ErrnoException): void;
  /** A close frame is about to be sent, which nothing may follow: ours, or the answer to that of the other end, with its code. */
  closing(code?: number, reason?: string | Buffer): void;
  /** It is gone; called once. */
  gone(): void;
}

/** What ws has of a message that has not come to its end; see the test of `incompleteBytes`. */
interface Receiving {
  _receiver?: { _bufferedBytes: number; _messageLength: number; _buffers: unknown[]; _fragments: unknown[] };
}

/** What a piece of a message takes in memory beside its bytes, about: there may be thousands of one byte. */
const PIECE_BYTES = 200;

/**
 * A WebSocket whose messages leave through an outbox, past ws, which would copy and frame them again. Control frames
 * stay with ws: both write whole frames only. Nothing may follow a close frame, so its owner is told before ws sends one,
 * whoever asked for it: us, the peer, or ws itself because of a fault.
 */
export class QueuedSocket extends WebSocket {
  owner: SocketOwner | undefined;

  /** Tells `owner` what comes. */
  belongTo(owner: SocketOwner): void {
    this.owner = owner;
    this.on('message', onMessage);
    this.on('pong', onPong);
    this.on('error', onError);
    this.on('close', onClose);
  }

  /** How much memory a message takes that has not come to its end, about, with all of its fragments. */
  get incompleteBytes(): number {
    const receiver = (this as Receiving)._receiver;
    if (receiver === undefined) return 0;
    const { _bufferedBytes, _messageLength, _buffers, _fragments } = receiver;
    return _bufferedBytes + _messageLength + PIECE_BYTES * (_buffers.length + _fragments.length);
  }

  override close(code?: number, reason?: string | Buffer): void {
    this.owner?.closing(code, reason);
    super.close(code, reason);
  }
}

// The listeners are the same for all sockets, so that an idle one costs little.

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  ownerOf(this)?.received(data as Buffer, isBinary);
}

function onPong(this: WebSocket): void {
  ownerOf(this)?.heard();
}

function onError(this: WebSocket, error: Error): void {
  ownerOf(this)?.failed(error);
}

function onClose(this: WebSocket): void {
  ownerOf(this)?.gone();
}

function ownerOf(socket: WebSocket): SocketOwner | undefined {
  return (socket as QueuedSocket).owner;
}

/** The beginning of `reason` that fits into a close frame, cut between characters. */
export function fitReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
