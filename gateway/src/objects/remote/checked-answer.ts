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
  /** How long the response may stall while somebody waits for it. */
  timeoutMs: number;
}

/**
 * The content of a response's body. The stream fails with ObjectError before its last piece if it is not the whole object or range or, when
 * it is read whole, not what was stored.
 */
export function checkedAnswer(answer: Readable, options: AnswerOptions): Readable {
  const checked = Readable.from(pieces(answer, options), { objectMode: false });
  // A stream that nobody has started to read does not end by itself.
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
      // A reader that has all bytes may not wait for the end, so the last ones are passed on only when all are known to be right.
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
