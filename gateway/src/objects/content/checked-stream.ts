import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { ByteRange } from '../../common/ranges.ts';
import { ObjectError } from '../contract.ts';

/** What the content must be. */
export interface Expected {
  key: string;
  size: number;
  crc32: number;
}

const PIECE_BYTES = 128 * 1024;

/**
 * Streams an open file, whole or a range of it, and closes the file at the end. The stream fails with ObjectError `corrupt` if the file is
 * shorter than it should be or, when it is read whole, if its content is not what was written.
 */
export function checkedStream(file: FileHandle, expected: Expected, range?: ByteRange): Readable {
  const stream = Readable.from(pieces(file, expected, range), { objectMode: false, highWaterMark: PIECE_BYTES });
  // Also if nobody has started to read.
  stream.once('close', () => void file.close().catch(() => {}));
  return stream;
}

async function* pieces(file: FileHandle, expected: Expected, range?: ByteRange): AsyncGenerator<Buffer> {
  const { start, end } = range ?? { start: 0, end: expected.size - 1 };
  const isWhole = start === 0 && end === expected.size - 1;
  let crc = 0;
  for (let position = start; position <= end; ) {
    const wanted = Math.min(PIECE_BYTES, end - position + 1);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    if (bytesRead === 0) throw corrupt(expected.key, 'is shorter than what was written');
    const piece = buffer.subarray(0, bytesRead);
    position += bytesRead;
    if (isWhole) {
      crc = crc32(piece, crc);
      // Checked before the last piece goes out, as a reader that has all bytes may not wait for the end.
      if (position > end && crc !== expected.crc32) throw corrupt(expected.key, 'is not what was written');
    }
    yield piece;
  }
}

/** The answer for a damaged object. */
export function corrupt(key: string, what: string): ObjectError {
  return new ObjectError('corrupt', `The content of the object ${key} ${what}; the disk may be failing.`);
}
