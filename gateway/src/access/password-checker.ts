import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../common/clock.ts';
import { FairQueue } from './fair-queue.ts';
import { compareInMemory, hashPassword, isOwnKind, passwordKind, verifyPassword } from './password-hashes.ts';

/** Each takes 16 MiB and a thread of Node's pool, which files need too. */
const AT_ONCE = 2;
/** How many may wait of those that name an account, and as many of those that do not; more are told to come back later. */
const MAX_WAITING = 200;
/** How many may wait of one address. */
const MAX_OF_ADDRESS = 20;
/** How long one waits; nobody is there any more to hear the answer. */
const LONGEST_WAIT_MS = 10_000;
/** How long a verified password is remembered, and of how many. */
const REMEMBER_MS = 300_000;
const MAX_REMEMBERED = 1000;
/** So many kinds of hashes are made alike, each of which every check takes the time of; a password file has one. */
const MAX_KINDS = 8;

/** Whether a password was right; `busy`: too many wait. */
export interface PasswordAnswer {
  is: 'right' | 'wrong' | 'busy';
  /** What to keep from now on, as the hash that it was right for is not one of ours. */
  fresh?: string | undefined;
}

/** A password to check, and whose it is. */
export interface PasswordQuestion {
  password: string;
  /** The hash; undefined: there is no such account, or it has no password. */
  stored: string | undefined;
  /** There are no accounts but those of the environment, which are compared at once. */
  isAlone: boolean;
  /** Where it comes from: addresses have their turn one after the other. */
  address: string;
  /** True when nobody waits for the answer any more; then it is not checked. */
  isGone(): boolean;
}

interface Job {
  address: string;
  isKnown: boolean;
  sinceMs: number;
  isGone(): boolean;
  drop(): void;
  run(): Promise<void>;
}

/**
 * Checks passwords, at most two at a time, off the main thread. One that was right is remembered for five minutes by a keyed hash whose key
 * is never written down, so that a program which asks by HTTP each second costs nothing.
 */
export class PasswordChecker {
  readonly #clock: Clock;
  readonly #kinds: () => ReadonlyMap<string, string>;
  readonly #key = randomBytes(32);
  /** When each was verified, by its keyed hash; the oldest first. */
  readonly #verified = new Map<string, number>();
  readonly #known = new FairQueue<Job>(MAX_WAITING, MAX_OF_ADDRESS);
  readonly #unknown = new FairQueue<Job>(MAX_WAITING, MAX_OF_ADDRESS);
  #running = 0;
  #unknownRunning = 0;
  /** Whose passwords are being checked: one at a time of each, or who asks twice at once could tell a name that exists by its two answers. */
  readonly #busy = new Set<string>();
  /** Hash of nobody's password, with which the same work is done where there is no account. */
  #nobody: Promise<string> | undefined;

  /** `kinds`: one hash of each kind that any account has, by `passwordKind`. */
  constructor(clock: Clock, kinds: () => ReadonlyMap<string, string>) {
    this.#clock = clock;
    this.#kinds = kinds;
  }

  /** Whether `password` was right for `stored` not long ago. */
  remembers(password: string, stored: string | undefined): boolean {
    if (stored === undefined || this.#verified.size === 0) return false;
    const digest = this.#digest(password, stored);
    const verifiedMs = this.#verified.get(digest);
    if (verifiedMs === undefined) return false;
    if (this.#clock.monotonicMs() - verifiedMs < REMEMBER_MS) return true;
    this.#verified.delete(digest);
    return false;
  }

  /**
   * Whether a password is the right one. Where there is no account, or it has no password, the same work is done, and the answer is that it is
   * wrong.
   */
  check(question: PasswordQuestion): PasswordAnswer | Promise<PasswordAnswer> {
    const { password, address, isGone } = question;
    const isRightInMemory = question.stored !== undefined && compareInMemory(password, question.stored);
    if (isRightInMemory === true || this.remembers(password, question.stored)) return { is: 'right' };
    if (isRightInMemory === false && question.isAlone) return { is: 'wrong' };
    // A wrong one of the environment takes as long as any other.
    const stored = isRightInMemory === false ? undefined : question.stored;
    return new Promise((resolve, reject) => {
      const job: Job = {
        address,
        isKnown: stored !== undefined,
        sinceMs: this.#clock.monotonicMs(),
        isGone,
        drop: () => resolve({ is: 'busy' }),
        run: () => this.#verify(password, stored).then(resolve, reject),
      };
      if ((job.isKnown ? this.#known : this.#unknown).add(address, job)) this.#next();
      else job.drop();
    });
  }

  /** Checks against one hash of each kind that there is, of which the account's is one, so that no kind tells whether there is an account. */
  async #verify(password: string, stored: string | undefined): Promise<PasswordAnswer> {
    const kinds = new Map([...this.#kinds()].slice(0, MAX_KINDS));
    if (stored !== undefined) kinds.set(passwordKind(stored), stored);
    else if (kinds.size === 0) kinds.set('', await this.#nobodys());
    let isRight = false;
    for (const hash of kinds.values()) isRight = ((await verifyPassword(password, hash)) && hash === stored) || isRight;
    if (!isRight || stored === undefined) return { is: 'wrong' };
    const fresh = isOwnKind(stored) ? undefined : await hashPassword(password);
    this.#remember(this.#digest(password, fresh ?? stored));
    return { is: 'right', fresh };
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      // One of the two places is always left for names that exist.
      const job =
        this.#known.take(this.#busy) ??
        (this.#unknownRunning < AT_ONCE - 1 ? this.#unknown.take(this.#busy) : undefined);
      if (job === undefined) return;
      if (job.isGone() || this.#clock.monotonicMs() - job.sinceMs > LONGEST_WAIT_MS) {
        job.drop();
        continue;
      }
      this.#running++;
      this.#busy.add(job.address);
      if (!job.isKnown) this.#unknownRunning++;
      void job.run().then(() => {
        this.#running--;
        this.#busy.delete(job.address);
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
