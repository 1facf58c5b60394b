import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../common/clock.ts';
import { compareInMemory, hashPassword, verifyPassword } from './password-hashes.ts';

/** Each takes 16 MiB and a thread of Node's pool, which files need too. */
const AT_ONCE = 2;
/** How many may wait; more are told to come back later. */
const MAX_WAITING = 200;
/** Of these, how many may name an account that does not exist: they cannot keep others waiting. */
const MAX_UNKNOWN_WAITING = 20;
/** How long a verified password is remembered, and of how many. */
const REMEMBER_MS = 300_000;
const MAX_REMEMBERED = 1000;

interface Job {
  isKnown: boolean;
  run(): Promise<void>;
}

/**
 * Checks passwords, at most two at a time, off the main thread. One that was right is remembered for five minutes by a keyed hash whose key
 * is never written down, so that a program which asks by HTTP each second costs nothing.
 */
export class PasswordChecker {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  /** When each was verified, by its keyed hash; the oldest first. */
  readonly #verified = new Map<string, number>();
  readonly #known: Job[] = [];
  readonly #unknown: Job[] = [];
  #running = 0;
  #unknownRunning = 0;
  /** Hash of nobody's password, with which the same work is done where there is no account. */
  #nobody: Promise<string> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether `password` belongs to `stored`, a hash; undefined: there is no such account, or it has no password. Then the same work is done,
   * and the answer is false. 'busy' if too many wait.
   */
  check(password: string, stored: string | undefined): boolean | 'busy' | Promise<boolean | 'busy'> {
    const inMemory = stored === undefined ? undefined : compareInMemory(password, stored);
    if (inMemory !== undefined) return inMemory;
    const digest = stored === undefined ? '' : this.#digest(password, stored);
    const verifiedMs = this.#verified.get(digest);
    if (verifiedMs !== undefined) {
      if (this.#clock.monotonicMs() - verifiedMs < REMEMBER_MS) return true;
      this.#verified.delete(digest);
    }
    const isKnown = stored !== undefined;
    const queue = isKnown ? this.#known : this.#unknown;
    if (queue.length >= (isKnown ? MAX_WAITING : MAX_UNKNOWN_WAITING)) return 'busy';
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        try {
          const isRight = await verifyPassword(password, stored ?? (await this.#nobodys()));
          if (isRight && isKnown) this.#remember(digest);
          resolve(isRight && isKnown);
        } catch (error) {
          reject(error);
        }
      };
      queue.push({ isKnown, run });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      // One of the two places is always left for names that exist.
      const job = this.#known.shift() ?? (this.#unknownRunning < AT_ONCE - 1 ? this.#unknown.shift() : undefined);
      if (job === undefined) return;
      this.#running++;
      if (!job.isKnown) this.#unknownRunning++;
      void job.run().then(() => {
        this.#running--;
        if (!job.isKnown) this.#unknownRunning--;
        this.#next();
      });
    }
  }

  #remember(digest: string): void {
    this.#verified.delete(digest);
    this.#verified.set(digest, this.#clock.monotonicMs());
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= MAX_REMEMBERED) break;
      this.#verified.delete(oldest);
    }
  }

  #digest(password: string, stored: string): string {
    return createHmac('sha256', this.#key).update(stored).update('\0').update(password).digest('base64');
  }

  #nobodys(): Promise<string> {
    this.#nobody ??= hashPassword(randomBytes(16).toString('hex'));
    return this.#nobody;
  }
}
