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
  if (announced.size !== undefined && announced.size !== found.size) {
    throw new ObjectError('wrong_size', `${announced.size} bytes were announced, and ${found.size} came.`);
  }
  for (const name of ['md5', 'sha256'] as const) {
    const expected = announced[name]?.toLowerCase();
    const came = found[name] ?? 'not known';
    if (expected !== undefined && expected !== came) throw wrongDigest(name.toUpperCase(), expected, came);
  }
  if (announced.crc32 !== undefined && announced.crc32 !== found.crc32) {
    throw wrongDigest('CRC-32', hex32(announced.crc32), hex32(found.crc32));
  }
}

function wrongDigest(name: string, expected: string, found: string): ObjectError {
  return new ObjectError('wrong_digest', `The ${name} of what came is ${found}, and ${expected} was announced.`);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
