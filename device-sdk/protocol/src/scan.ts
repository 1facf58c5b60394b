import { FrameError } from './error.ts';
import type { Limits } from './limits.ts';
import { isUtf8 } from './utf8.ts';
import { MAX_SMALL } from './value.ts';

/** What a decoder that knows one type of number, and maps without repeated keys, cannot tell by itself. */
export interface Scanned {
  /** How many pairs all maps have together. */
  pairs: number;
  /** Which leaves (items other than arrays and maps, keys included, in their order, from 0) are integral floats. */
  integralFloats: readonly number[];
}

const NONE: readonly number[] = [];

/** Major types of CBOR. */
const NEGATIVE = 1;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;

/**
 * Checks that the bytes are exactly one item of SPEC.md, section 2, within the limits. It neither recurses nor makes
 * room for what an item only claims to have. Throws FrameError.
 */
export function scan(bytes: Uint8Array, limits: Limits): Scanned {
  const { length } = bytes;
  if (length > limits.maxBytes) {
    throw new FrameError('too_large', `${length} bytes are more than ${limits.maxBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  /** For each open array or map how many items are to come, and whether keys alternate with values. */
  const remaining: number[] = [];
  const isMap: boolean[] = [];
  let integralFloats: number[] | undefined;
  let pairs = 0;
  let leaves = 0;
  let items = 0;
  let at = 0;
  for (;;) {
    if (++items > limits.maxItems) throw new FrameError('too_many_items', `more than ${limits.maxItems} items`);
    if (at >= length) throw truncated();
    const head = bytes[at++] as number;
    const major = head >> 5;
    const short = head & 31;
    if (short > 27 || major === TAG) throw unsupported(head);
    if (major === SIMPLE) checkSimple(head);
    const size = short < 24 ? 0 : 1 << (short - 24);
    if (at + size > length) throw truncated();
    const argument = major === SIMPLE ? 0 : readArgument(view, at, short);
    at += size;

    const level = remaining.length - 1;
    // The number of items to come of an open map is even before a key.
    if (level >= 0 && isMap[level] && (remaining[level] as number) % 2 === 0) checkKey(major, argument);

    if (major === ARRAY || major === MAP) {
      if (remaining.length >= limits.maxDepth) {
        throw new FrameError('too_deep', `nested deeper than ${limits.maxDepth} levels`);
      }
      const count = major === MAP ? argument * 2 : argument;
      if (count > length - at) throw truncated();
      if (major === MAP) pairs += argument;
      if (count > 0) {
        remaining.push(count);
        isMap.push(major === MAP);
        continue;
      }
    } else {
      if (major === SIMPLE) {
        if (size > 1 && isIntegral(view, at - size, size)) {
          integralFloats ??= [];
          integralFloats.push(leaves);
        }
      } else if (major > NEGATIVE) {
        if (argument > length - at) throw truncated();
        if (major === TEXT && !isUtf8(bytes, at, at + argument)) throw new FrameError('bad_text', 'text is not UTF-8');
        at += argument;
      } else if (major === NEGATIVE && short === 27 && view.getUint32(at - size) >= 2 ** 31) {
        throw new FrameError('unsupported', 'an integer below -2^63');
      }
      leaves++;
    }

    for (;;) {
      const open = remaining.length - 1;
      if (open < 0) {
        if (at < length) throw new FrameError('trailing', `${length - at} bytes after the end`);
        return { pairs, integralFloats: integralFloats ?? NONE };
      }
      const left = (remaining[open] as number) - 1;
      remaining[open] = left;
      if (left > 0) break;
      remaining.pop();
      isMap.pop();
    }
  }
}

/** An integer or a length; beyond 2^53 it is the nearest double, which is enough to compare it with what is there. */
function readArgument(view: DataView, at: number, short: number): number {
  switch (short) {
    case 24:
      return view.getUint8(at);
    case 25:
      return view.getUint16(at);
    case 26:
      return view.getUint32(at);
    case 27:
      return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
    default:
      return short;
  }
}

/** false, true, null and the three floats. */
function checkSimple(head: number): void {
  if (head < 0xf4 || head === 0xf7 || head === 0xf8) throw unsupported(head);
}

function checkKey(major: number, argument: number): void {
  if (major === TEXT || (major === 0 && argument <= MAX_SMALL)) return;
  throw new FrameError('bad_key', `a key is neither text nor an integer up to ${MAX_SMALL}`);
}

function isIntegral(view: DataView, at: number, size: number): boolean {
  if (size === 4) return Number.isInteger(view.getFloat32(at));
  if (size === 8) return Number.isInteger(view.getFloat64(at));
  const half = view.getUint16(at) & 0x7fff;
  if (half === 0) return true;
  const exponent = (half >> 10) - 15;
  if (exponent < 0 || exponent > 15) return false;
  return exponent >= 10 || (half & ((1 << (10 - exponent)) - 1)) === 0;
}

function truncated(): FrameError {
  return new FrameError('truncated', 'it ends before an item does');
}

function unsupported(head: number): FrameError {
  return new FrameError('unsupported', `items with the head ${head.toString(16).padStart(2, '0')} are not allowed`);
}
