import { Readable } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { ByteRange } from '../../common/ranges.ts';
import { Crc64 } from '../content/crc64.ts';
import { ObjectError, type ObjectInfo } from '../contract.ts';
import { toObjectFault } from './oss-faults.ts';

export interface AnswerOptions {
  /** The object as it should be. */
  info: ObjectInfo;
  range: ByteRange | undefined;
  clock: Clock;
  /** How long the answer may stand still while somebody waits for it. */
  timeoutMs: number;
}

/**
 * The content in the body of an answer. The stream fails with ObjectError before its last piece where that is not all of the
 * object, or of the range, or, read whole, not what was stored.
 */
export function checkedAnswer(answer: Readable, options: AnswerOptions): Readable {
  const checked = Readable.from(pieces(answer, options), { objectMode: false });
  // What nobody has begun to read does not end by itself.
  checked.once('close', () => answer.destroy());
  return checked;
}

async function* pieces(answer: Readable, { info, range, clock, timeoutMs }: AnswerOptions): AsyncGenerator<Buffer> {
  const expected = range ? range.end - range.start + 1 : info.size;
  const crc = new Crc64();
  let size = 0;
  let held: Buffer | undefined;
  const wait = (): (() => void) => {
    const silent = new ObjectError('unavailable', `OSS stopped in the middle of the object ${info.key}.`);
    return clock.after(timeoutMs, () => answer.destroy(silent));
  };
  let cancel = wait();
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      cancel();
      size += piece.length;
      crc.update(piece);
      // Whoever has all bytes may not wait for the end: the last ones go when all are known to be right.
      if (held) yield held;
      held = piece;
      cancel = wait();
    }
  } catch (error) {
    throw toObjectFault(error);
  } finally {
    cancel();
  }
  const isWrong = size === info.size && info.crc64 !== undefined && crc.digest() !== info.crc64;
  if (size !== expected || isWrong) {
    throw new ObjectError('corrupt', `The content of the object ${info.key} did not arrive as it was stored.`);
  }
  if (held) yield held;
}
