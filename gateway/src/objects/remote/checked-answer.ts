import { Readable } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { ByteRange } from '../../common/ranges.ts';
import { ObjectError, type ObjectInfo } from '../contract.ts';

/** Compares content that comes in pieces with what was stored. */
export interface ContentCheck {
  update(piece: Uint8Array): void;
  /** Whether all pieces together are what was stored; call it once. */
  isRight(): boolean;
}

export interface AnswerOptions {
  /** The object as it should be. */
  info: ObjectInfo;
  range: ByteRange | undefined;
  /** For an object that is read whole; without one, only the length is compared. */
  check: ContentCheck | undefined;
  clock: Clock;
  /** How long the response may stall while somebody waits for it. */
  timeoutMs: number;
  /** `OSS` or `S3`. */
  store: string;
  /** An ObjectError of what the response fails with. */
  toFault(error: unknown): ObjectError;
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

async function* pieces(answer: Readable, options: AnswerOptions): AsyncGenerator<Buffer> {
  const { info, range, clock, timeoutMs, store, toFault } = options;
  const expected = range ? range.end - range.start + 1 : info.size;
  const check = expected === info.size ? options.check : undefined;
  let size = 0;
  let held: Buffer | undefined;
  const wait = (): (() => void) => {
    const silent = new ObjectError('unavailable', `${store} stopped in the middle of the object ${info.key}.`);
    return clock.after(timeoutMs, () => answer.destroy(silent));
  };
  let cancel = wait();
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      cancel();
      size += piece.length;
      check?.update(piece);
      // A reader that has all bytes may not wait for the end, so the last ones are passed on only when all are known to be right.
      if (held) yield held;
      held = piece;
      cancel = wait();
    }
  } catch (error) {
    throw toFault(error);
  } finally {
    cancel();
  }
  if (size !== expected || check?.isRight() === false) {
    throw new ObjectError('corrupt', `The content of the object ${info.key} did not arrive as it was stored.`);
  }
  if (held) yield held;
}
