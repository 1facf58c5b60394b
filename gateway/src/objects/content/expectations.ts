import { ObjectError } from '../contract.ts';
import type { Digests } from './digests.ts';

/** What the sender announced about the content. */
export interface Announced {
  size?: number | undefined;
  /** Hex, in upper or lower case. */
  md5?: string | undefined;
  sha256?: string | undefined;
  /** An unsigned number. */
  crc32?: number | undefined;
}

/** Throws ObjectError `wrong_size` or `wrong_digest` if the content is not what was announced. */
export function checkAnnounced(found: Digests, announced: Announced): void {
  checkSize(announced.size, found.size);
  for (const name of ['md5', 'sha256'] as const) checkDigest(name.toUpperCase(), announced[name], found[name]);
  if (announced.crc32 !== undefined && announced.crc32 !== found.crc32) {
    throw wrongDigest('CRC-32', hex32(announced.crc32), hex32(found.crc32));
  }
}

/** Throws ObjectError `wrong_size` unless as many bytes came as were announced, if any were. */
export function checkSize(announced: number | undefined, found: number): void {
  if (announced === undefined || announced === found) return;
  throw new ObjectError('wrong_size', `${announced} bytes were announced, and ${found} came.`);
}

/** Throws ObjectError `wrong_digest` unless the digest, hex, is the announced one, if there is one. `name` is shown. */
export function checkDigest(name: string, announced: string | undefined, found = 'not known'): void {
  const expected = announced?.toLowerCase();
  if (expected !== undefined && expected !== found) throw wrongDigest(name, expected, found);
}

function wrongDigest(name: string, expected: string, found: string): ObjectError {
  return new ObjectError('wrong_digest', `The ${name} of what came is ${found}, and ${expected} was announced.`);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
