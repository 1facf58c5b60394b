import { WebSocket } from 'ws';
import type { Outbox } from './outbox.ts';

/** How long a peer may take to answer a close frame before its socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 5000;
/** A control frame holds 125 bytes, and the close code takes two of them (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * A WebSocket whose messages leave through an outbox, past ws, which would copy and frame them again. Control frames
 * stay with ws: both write whole frames only. Nothing may follow a close frame, so the outbox is emptied and sealed
 * before ws sends one, whoever asked for it: us, the peer, or ws itself because of a fault.
 */
export class QueuedSocket extends WebSocket {
  outbox: Outbox | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.outbox?.seal();
    super.close(code, reason);
  }
}

/** The beginning of `reason` that fits into a close frame, cut between characters. */
export function fitReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
