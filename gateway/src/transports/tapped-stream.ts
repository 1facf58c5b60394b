import type { Duplex } from 'node:stream';
import type { ConnectionFacts, Tap, Tappable } from './taps.ts';

type Written = { chunk: Uint8Array | string; encoding: BufferEncoding };

/** A connection that is a stream of bytes. */
export function tappableStream(stream: Duplex, facts: ConnectionFacts): Tappable {
  return { facts, tap: (tap) => tapStream(stream, tap) };
}

/**
 * Has `tap` see what comes by a stream, before its other readers, and what is written to it, when that leaves. Streams that nobody watches
 * are as they were: what watches stands before the methods of this one stream.
 */
function tapStream(stream: Duplex, tap: Tap): () => void {
  const onData = (chunk: Uint8Array): void => tap.received(chunk);
  const onClose = (): void => tap.closed();
  // What is added in front starts no stream: it flows once its session reads it.
  stream.prependListener('data', onData);
  stream.once('close', onClose);
  const write = stream._write;
  const writev = stream._writev;
  stream._write = (chunk: Written['chunk'], encoding, done) => {
    tap.sent(bytesOf({ chunk, encoding }));
    write.call(stream, chunk, encoding, done);
  };
  if (writev !== undefined) {
    stream._writev = (chunks, done) => {
      for (const each of chunks) tap.sent(bytesOf(each));
      writev.call(stream, chunks, done);
    };
  }
  return () => {
    stream.removeListener('data', onData);
    stream.removeListener('close', onClose);
    // They are given back and not deleted: an object from which something is deleted is a slow one.
    stream._write = write;
    if (writev !== undefined) stream._writev = writev;
  };
}

function bytesOf({ chunk, encoding }: Written): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}
