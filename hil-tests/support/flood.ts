import { setInterval } from 'node:timers/promises';
import type { FrameClient, Outcome } from '@crosscomm/protocol';
import { sendByFrames } from './frame-client.ts';

/**
 * So long that the message and its envelope take 50 to 54 bytes: an Uno's window of 96 lets one be under way, and it fits into
 * the 64 bytes that the port of an Uno holds while the sketch does something else.
 */
const PAD_BYTES = 30;
/** What such a message takes on the wire, in bytes, checksum and framing included. */
const WIRE_BYTES = 58;
const TICK_MS = 100;

/** A message for the subject's book: its text follows from its number, so that the board can check it. */
export function bookMessage(n: number): { n: number; pad: string } {
  const pad = Array.from({ length: PAD_BYTES }, (_, index) => String.fromCharCode(97 + ((n + index) % 26)));
  return { n, pad: pad.join('') };
}

/** Sends `count` messages, numbered from 1, at a rate in bytes per second. Resolves with what became of each. */
export async function flood(
  client: FrameClient,
  to: string,
  { count, bytesPerSecond }: { count: number; bytesPerSecond: number },
): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  const perTick = Math.ceil((bytesPerSecond * TICK_MS) / 1000 / WIRE_BYTES);
  for await (const _ of setInterval(TICK_MS)) {
    for (let sent = 0; sent < perTick && outcomes.length < count; sent++) {
      outcomes.push(sendByFrames(client, to, bookMessage(outcomes.length + 1)));
    }
    if (outcomes.length === count) break;
  }
  return Promise.all(outcomes);
}

/** The sum that the subject's book has after these numbers, in this order. */
export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => (Math.imul(sum, 31) + n) >>> 0, 0);
}
