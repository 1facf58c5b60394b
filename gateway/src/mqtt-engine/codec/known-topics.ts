const SLOTS = 4096;
const MAX_BYTES = 128;
const PLUS = 0x2b;
const HASH = 0x23;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** Names of topics that were read last, of all connections; and the very last one. */
const names: string[] = new Array<string>(SLOTS).fill('');
let last = '';

/**
 * The topic name in `bytes` from `begin` to `end`, where it has only printable ASCII characters and no wildcard; undefined where it has
 * others. Most clients name the same few topics again and again: they get the same text each time, so that tables that look it up need
 * not read it anew.
 */
export function plainTopic(bytes: Buffer, begin: number, end: number): string | undefined {
  const length = end - begin;
  if (last.length === length && isAt(bytes, begin, last)) return last;
  let sum = 0;
  for (let at = begin; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE || byte === PLUS || byte === HASH) return undefined;
    sum = (Math.imul(sum, 31) + byte) | 0;
  }
  if (length > MAX_BYTES) return bytes.toString('latin1', begin, end);
  const slot = (sum ^ (sum >>> 13)) & (SLOTS - 1);
  const known = names[slot] as string;
  last = known.length === length && isAt(bytes, begin, known) ? known : bytes.toString('latin1', begin, end);
  names[slot] = last;
  return last;
}

/** From the end: topics often begin alike. */
function isAt(bytes: Buffer, begin: number, name: string): boolean {
  for (let at = name.length - 1; at >= 0; at--) if (name.charCodeAt(at) !== bytes[begin + at]) return false;
  return true;
}
