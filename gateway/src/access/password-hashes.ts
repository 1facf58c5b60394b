import { createHash, pbkdf2, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const pbkdf2Async = promisify(pbkdf2);

/** OWASP's choice for 16 MiB, which a Pi with 512 MB has: 170 ms of a server's core, a few times that of a Pi's. */
const COST = { N: 2 ** 14, r: 8, p: 5 } as const;
const OWN_KIND = `$scrypt$${COST.N},${COST.r},${COST.p}`;
const KEY_BYTES = 32;
/** Mosquitto's keys, which are of SHA-512. One that was cut short, as the end of a damaged file is, would match more passwords than one, or all. */
const MOSQUITTO_KEY_BYTES = 64;
const SALT_BYTES = 16;
/** The most that a stored hash may ask for, so that a file from elsewhere cannot hang the gateway. */
const MAX_N = 2 ** 17;
const MAX_ITERATIONS = 2_000_000;

/**
 * A password as it is kept: `$scrypt$N,r,p$<salt>$<key>`, both base64. Work is done on Node's thread pool.
 * Source of the parameters' meaning: RFC 7914.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return `${OWN_KIND}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/**
 * A password that the environment has in plain text anyway, as it is kept in memory: `$sha256$<key>`. It is compared at once, so never write it
 * down.
 */
export function hashInMemory(password: string): string {
  return `$sha256$${createHash('sha256').update(password).digest('base64')}`;
}

/** Whether `password` is the one of `stored`, if that is of `hashInMemory`; undefined if it is another hash. */
export function compareInMemory(password: string, stored: string): boolean | undefined {
  if (!stored.startsWith('$sha256$')) return undefined;
  return timingSafeEqual(Buffer.from(hashInMemory(password)), Buffer.from(stored));
}

/** A hash without its salt and key: to check against two of one kind takes as long. '' where it is compared at once. */
export function passwordKind(stored: string): string {
  return stored.slice(0, Math.max(0, stored.lastIndexOf('$', stored.lastIndexOf('$') - 1)));
}

/** Whether a hash is one that `hashPassword` would make today. */
export function isOwnKind(stored: string): boolean {
  return passwordKind(stored) === OWN_KIND;
}

/** Whether a text is a hash that `verifyPassword` knows. */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined;
}

/**
 * Whether `password` is the one of which `stored` is the hash: one of ours, or of mosquitto's password file: `$7$iterations$salt$key`
 * (PBKDF2 with SHA-512) and `$6$salt$key` (SHA-512 of password and salt). A hash in another form matches nothing.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parse(stored);
  if (parsed === undefined) return false;
  const { key, derive } = parsed;
  return timingSafeEqual(await derive(password), key);
}

interface Parsed {
  key: Buffer;
  derive(password: string): Promise<Buffer>;
}

function parse(stored: string): Parsed | undefined {
  const [, kind, ...rest] = stored.split('$');
  if (kind === 'scrypt') return parseScrypt(rest);
  if (kind === '7') return parsePbkdf2(rest);
  return kind === '6' ? parseSha512(rest) : undefined;
}

function parseScrypt([cost, saltText, keyText]: readonly string[]): Parsed | undefined {
  const [N, r, p] = (cost ?? '').split(',').map(Number);
  const salt = readBase64(saltText);
  const key = readBase64(keyText);
  if (
    !salt ||
    key?.length !== KEY_BYTES ||
    !isWhole(N, MAX_N) ||
    !isWhole(r, 32) ||
    !isWhole(p, 16) ||
    (N & (N - 1)) !== 0
  )
    return undefined;
  return { key, derive: (password) => derive(password, salt, key.length, { N, r, p }) };
}

function parsePbkdf2([iterations, saltText, keyText]: readonly string[]): Parsed | undefined {
  const count = /^\d+$/.test(iterations ?? '') ? Number(iterations) : undefined;
  const salt = readBase64(saltText);
  const key = readBase64(keyText);
  if (!salt || key?.length !== MOSQUITTO_KEY_BYTES || !isWhole(count, MAX_ITERATIONS)) return undefined;
  return { key, derive: (password) => pbkdf2Async(password, salt, count, key.length, 'sha512') };
}

function parseSha512([saltText, keyText]: readonly string[]): Parsed | undefined {
  const salt = readBase64(saltText);
  const key = readBase64(keyText);
  if (!salt || key?.length !== MOSQUITTO_KEY_BYTES) return undefined;
  return { key, derive: async (password) => createHash('sha512').update(password).update(salt).digest() };
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  return scryptAsync(password, salt, length, { ...cost, maxmem: 256 * cost.N * cost.r });
}

function readBase64(text: string | undefined): Buffer | undefined {
  if (text === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length <= 1024 ? bytes : undefined;
}

function isWhole(value: number | undefined, most: number): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= most;
}
