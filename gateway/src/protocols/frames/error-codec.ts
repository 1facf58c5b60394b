import { CODES, type CodeName, encodeFrame } from '@crosscomm/protocol';

const SEQUENCED = 9;
const FIRST_LONG = 24;

/**
 * What a frame that cannot be read is about, as far as its first bytes tell: its type and, where it is a sequenced one, its
 * number.
 */
export function aboutBytes(bytes: Uint8Array): number[] {
  const head = bytes[0];
  const type = bytes[1];
  if (head === undefined || head < 0x81 || head > 0x97 || type === undefined || type >= FIRST_LONG) return [];
  const seq = type === SEQUENCED ? readInteger(bytes, 2) : undefined;
  return seq === undefined ? [type] : [type, seq];
}

/** The integer of at most 32 bits at `at`; undefined where there is another item, or not enough. */
function readInteger(bytes: Uint8Array, at: number): number | undefined {
  const head = bytes[at];
  if (head === undefined || head < FIRST_LONG) return head;
  const length = 1 << (head - FIRST_LONG);
  if (head > FIRST_LONG + 2 || bytes.length < at + 1 + length) return undefined;
  let value = 0;
  for (let index = 1; index <= length; index++) value = value * 256 + (bytes[at + index] as number);
  return value;
}

/** The beginning of an Error's text that makes a frame of at most `room` bytes. The text is ASCII, or is left out. */
export function fitText(code: CodeName, text: string, about: readonly (number | string)[], room: number): string {
  const size = (part: string): number =>
    encodeFrame({ type: 'error', code: CODES[code], text: part, about }, { maxBytes: Number.POSITIVE_INFINITY }).length;
  let part = text;
  while (part.length > 0) {
    const excess = size(part) - room;
    if (excess <= 0) return part;
    part = part.slice(0, -excess);
  }
  return part;
}
