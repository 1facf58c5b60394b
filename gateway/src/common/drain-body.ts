import type { Readable } from 'node:stream';
import type { Clock } from './clock.ts';

export interface DrainLimits {
  /** So much is read at most, bytes; default: any number. */
  maxBytes?: number;
  limitMs: number;
}

/**
 * Reads and throws away what is left of the body of a request that was refused: most senders read no answer before they have sent
 * all of it, and would be cut off. Resolves at its end, when the sender is gone, or where it comes to more than the limits.
 */
export function drainBody(
  body: Readable,
  clock: Clock,
  { maxBytes = Number.POSITIVE_INFINITY, limitMs }: DrainLimits,
): Promise<void> {
  return new Promise((resolve) => {
    let drained = 0;
    const end = (): void => {
      cancel();
      body.off('data', count);
      resolve();
    };
    const count = (piece: Uint8Array): void => {
      drained += piece.length;
      if (drained > maxBytes) end();
    };
    const cancel = clock.after(limitMs, end);
    if (body.destroyed) {
      end();
      return;
    }
    body.on('data', count);
    body.once('close', end);
    body.once('end', end);
    body.resume();
  });
}
