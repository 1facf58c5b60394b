import type { Span } from './recorded-protocol.ts';

const TOKEN_BYTES = 32;

/**
 * Where something looks like a token of the gateway: 32 letters and digits in a row, capitals and small ones among them. Hexadecimal, which
 * has one of the two, is none.
 */
export function tokensIn(bytes: Uint8Array): Span[] {
  const spans: Span[] = [];
  let begin = 0;
  let cases = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = at < bytes.length ? (bytes[at] as number) : 0;
    const kind = kindOf(byte);
    if (kind !== NONE) {
      cases |= kind;
      continue;
    }
    if (at - begin === TOKEN_BYTES && cases === (CAPITAL | SMALL | (cases & DIGIT))) spans.push([begin, at]);
    begin = at + 1;
    cases = 0;
  }
  return spans;
}

const NONE = 0;
const DIGIT = 1;
const CAPITAL = 2;
const SMALL = 4;

function kindOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  if (byte >= 0x41 && byte <= 0x5a) return CAPITAL;
  return byte >= 0x61 && byte <= 0x7a ? SMALL : NONE;
}
