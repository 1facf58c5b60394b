/** True where the bytes from `from` to before `to` are UTF-8 (RFC 3629): no overlong forms, no surrogates. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      at++;
      continue;
    }
    const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length === 0 || at + length > to) return false;
    const second = bytes[at + 1] as number;
    if (second < (LOWEST_SECOND.get(first) ?? 0x80) || second > (HIGHEST_SECOND.get(first) ?? 0xbf)) return false;
    for (let index = 2; index < length; index++) if (((bytes[at + index] as number) & 0xc0) !== 0x80) return false;
    at += length;
  }
  return true;
}

/** First bytes whose second byte has not the usual range of 80 to BF. */
const LOWEST_SECOND = new Map([
  [0xe0, 0xa0],
  [0xf0, 0x90],
]);
const HIGHEST_SECOND = new Map([
  [0xed, 0x9f],
  [0xf4, 0x8f],
]);
