import { MessageChannel } from 'node:worker_threads';

/** For smaller pieces this costs more than it saves. */
const LARGE_BYTES = 16 * 1024;

/** Nobody reads the other end of this channel, so memory that is transferred to it is freed. */
const { port1: nowhere } = new MessageChannel();
nowhere.close();

/**
 * The pieces of an HTTP body, each of which is valid only until the next one is requested; then its memory is freed at once. The garbage
 * collector would let tens of megabytes gather and scan the whole heap each time.
 */
export async function* freeing(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece;
    free(piece);
  }
}

function free({ buffer, length }: Uint8Array): void {
  // The buffer may hold other pieces as well, so it must stay.
  if (length < LARGE_BYTES || length !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  try {
    nowhere.postMessage(null, [buffer]);
  } catch {
    // Memory that cannot be transferred is left to the garbage collector.
  }
}
