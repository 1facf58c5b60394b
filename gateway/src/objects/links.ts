import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../common/clock.ts';
import { replaceFile } from '../storage/atomic-file.ts';
import { isMissing } from './content/faults.ts';

export interface LinksOptions {
  /** Known only to this gateway. */
  secret: Buffer;
  clock: Clock;
  /** How long a link works. */
  lifetimeMs: number;
  /** Set if the operator has configured the beginning of addresses (`objects.publicUrl`). */
  hasPublicUrl?: boolean;
}

/** The parts of a link beside the key. */
export interface Signature {
  /** Seconds by the monotonic clock, so that a step of the wall clock neither ends nor prolongs it. */
  expires: string;
  /** Over the key and the time, base64url. */
  signature: string;
}

const SECRET_BYTES = 32;
/** Earlier versions used the wall clock: a time from 2001 on, which no gateway's monotonic clock reaches. */
const EARLIEST_EPOCH_MS = 1e12;
/** How far the monotonic clock may be behind after a power cut. */
const LONGEST_LAG_MS = 600_000;

/** The secret in the file at `path`, which is created if it is missing; readable by this user alone. */
export async function loadSecret(path: string): Promise<Buffer> {
  try {
    const secret = Buffer.from(await readFile(path, 'utf8'), 'base64');
    if (secret.length === SECRET_BYTES) return secret;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const secret = randomBytes(SECRET_BYTES);
  await replaceFile(path, `${secret.toString('base64')}\n`);
  return secret;
}

/** Makes and checks links: addresses at which anyone who has the address can read an object for a while. */
export class ObjectLinks {
  /** The beginning of this gateway's addresses, without a slash at its end; undefined while it is not known. */
  base: string | undefined;
  readonly #options: LinksOptions;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /**
   * The address of an object or, if the key ends with a slash, of the list of a folder; undefined while the gateway does not know its own
   * address.
   * @param origin what the address begins with by which the reader has reached the gateway, if it uses HTTP already: `https://pi.local:9898`
   */
  urlOf(key: string, origin?: string): string | undefined {
    const { clock, lifetimeMs, hasPublicUrl = false } = this.#options;
    const base = origin === undefined || hasPublicUrl ? this.base : origin;
    if (base === undefined) return undefined;
    const expires = String(Math.ceil((clock.monotonicMs() + lifetimeMs) / 1000));
    const signature = this.#sign(key, expires).toString('base64url');
    const what = key.endsWith('/') ? `/objects?prefix=${encodeURIComponent(key)}&` : `${objectPath(key)}?`;
    return `${base}${what}expires=${expires}&signature=${signature}`;
  }

  /** `valid`, or the reason why it is not. */
  check(key: string, { expires, signature }: Signature): 'valid' | 'wrong' | 'expired' {
    const given = Buffer.from(signature, 'base64url');
    const expected = this.#sign(key, expires);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong';
    const { clock, lifetimeMs } = this.#options;
    const endMs = Number(expires) * 1000;
    const leftMs = endMs - (endMs < EARLIEST_EPOCH_MS ? clock.monotonicMs() : clock.now());
    // A link that lasts longer than links do comes from a gateway whose database, and clock with it, was lost.
    return leftMs < 0 || leftMs > lifetimeMs + LONGEST_LAG_MS ? 'expired' : 'valid';
  }

  #sign(key: string, expires: string): Buffer {
    return createHmac('sha256', this.#options.secret).update(`GET\n${expires}\n${key}`).digest();
  }
}

/** The path of an object's address. */
export function objectPath(key: string): string {
  return `/objects/${key.split('/').map(encodeURIComponent).join('/')}`;
}
