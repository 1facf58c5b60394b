import { createHmac } from 'node:crypto';

/** A password as it may be written down: its keyed hash (HMAC-SHA-256) in base64url, with `salt` for the key. */
export function hashPassword(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password).digest('base64url');
}
