import { createHash } from 'node:crypto';

const PLAIN = /^[A-Za-z0-9_-]{1,48}$/;
const READABLE_LENGTH = 32;
const DIGEST_LENGTH = 8;

/**
 * A name as a part of topics and unique ids, which Home Assistant wants of letters, digits, `_` and `-`. A name of others has a part of its
 * SHA-256, so that no two have the same.
 */
export function idOf(name: string): string {
  if (PLAIN.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  return `${name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, READABLE_LENGTH)}_${digest}`;
}
