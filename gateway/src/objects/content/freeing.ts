import { MessageChannel } from 'node:worker_threads';

/** Pieces that are smaller are not worth the microseconds. */
const LARGE_BYTES = 16 * 1024;

/** Nobody is at the other end: what is handed over to it is gone. */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * The pieces of a body that comes by HTTP, each of which is only valid until the next is asked for: its memory is free then.
 * The garbage collector would let tens of megabytes of them gather, and look through the whole heap each time.
 */
export async function* freeing(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece;
    free(piece);
  }
}

function free({ buffer, length }: Uint8Array): void {
  // Of a buffer that has other pieces as well nothing is known.
  if (length < LARGE_BYTES || length !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  try {
    nowhere.postMessage(null, [buffer]);
  } catch {
    // Memory that cannot be handed over is left to the garbage collector.
  }
}
