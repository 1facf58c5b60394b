import { hash, randomBytes } from 'node:crypto';

/** Letters and digits alone, so that a token needs no quotes in a sketch, a URL, a shell or an OOCSI handle. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN_LENGTH = 32;
const TOKEN = /^[A-Za-z0-9]{32}$/;

/** A new token: 32 characters of `[A-Za-z0-9]`, 190 bits. */
export function makeToken(): string {
  let token = '';
  while (token.length < TOKEN_LENGTH) {
    for (const byte of randomBytes(TOKEN_LENGTH * 2)) {
      // Above 247 the first letters of the alphabet would come more often.
      if (byte < 248 && token.length < TOKEN_LENGTH) token += ALPHABET[byte % ALPHABET.length];
    }
  }
  return token;
}

/** Whether a secret looks like a token; what does not is a password. */
export function isToken(secret: string): boolean {
  return TOKEN.test(secret);
}

/** A token as it is kept: SHA-256, hexadecimal. A random secret of that length needs no slow hash. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}

/** A short name for a token in lists: eight hexadecimal digits. */
export function makeTokenId(): string {
  return randomBytes(4).toString('hex');
}
