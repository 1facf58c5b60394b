import type { Clock } from '../common/clock.ts';
import type { ErrorCode } from '../common/errors.ts';
import { isLoopback } from '../common/loopback.ts';
import type { Counter, FamilySpec, Members, Metrics } from '../common/metrics.ts';
import { networkOf } from '../common/network-of.ts';
import { addressOf } from '../common/peer-address.ts';
import type { Claim, Proven } from './claim.ts';
import { type Pace, PaceTable } from './pace-table.ts';

/** Wrong proofs, whether they were slowed or not. */
export const WRONG_PROOFS: FamilySpec<'protocol'> = {
  name: 'crosscomm_wrong_proofs_total',
  help: 'Wrong passwords, tokens and signatures, by the protocol that they came by.',
  labels: ['protocol'],
};
const SLOWED: FamilySpec = {
  name: 'crosscomm_slowed_proofs_total',
  help: 'Passwords, tokens and signatures that had to wait, or were refused, because many wrong ones had come before.',
};

/** An address at one account: so many wrong proofs at once, then one in so long. */
const PAIR: Pace = { burst: 5, intervalMs: 2000 };
/** An address at all accounts; many devices may have the address of one router. */
const ADDRESS: Pace = { burst: 20, intervalMs: 500 };
/** An account from all addresses where it was not used before. */
const ACCOUNT: Pace = { burst: 50, intervalMs: 250 };
/** Whoever would wait longer is refused. It leaves time for the check itself within `ADMISSION_MS`. */
const LONGEST_WAIT_MS = 6000;
/** Others may guess at an account from anywhere, which keeps its owner waiting for so long and no longer. */
const LONGEST_ACCOUNT_WAIT_MS = 3000;
/** After such a silence of one address at one account, the next wrong proof is told of anew. */
const BURST_ENDS_MS = 60_000;
const MAX_NAME_LENGTH = 64;

/** What a wrong proof is called, and whose it is where that is no account's: somebody may have typed a secret as a name. */
const WORDS = {
  secret: { what: 'password or token', nobody: 'an account that does not exist' },
  signature: { what: 'signature', nobody: 'an access key without an account' },
};

const BUSY: Proven = { reason: 'busy', why: 'too many wrong passwords came from this address; try again later' };

/** What the log is told of wrong proofs; the same as an incident. */
export interface WrongProof {
  door: string;
  who: string;
  code: ErrorCode;
  message: string;
}

export interface GuardParts {
  clock: Clock;
  metrics: Metrics;
  report(wrong: WrongProof): void;
}

/** What is said of a wrong proof, as parts of a sentence. */
interface Told {
  what: string;
  whose: string;
}

/** Wrong proofs of one address at one account, in one burst. */
interface Burst {
  count: number;
  lastMs: number;
  isTold: boolean;
}

/**
 * Slows those who try passwords: an address at one account, an address at all accounts, and, a little, everybody at one account. What is
 * proved right at once (a token, a certificate, a password that was right before) never waits, and neither does what comes from this
 * machine or by a cable. It does the same for names that are no account's.
 */
export class Guard {
  readonly #parts: GuardParts;
  readonly #pairs: PaceTable;
  readonly #addresses: PaceTable;
  readonly #accounts: PaceTable;
  /** Where the password of an account was right, by address and account. */
  readonly #trusted = new Set<string>();
  readonly #bursts = new Map<string, Burst>();
  readonly #wrong: Members<'protocol', Counter>;
  readonly #slowed: Counter;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#pairs = new PaceTable(PAIR, parts.clock);
    this.#addresses = new PaceTable(ADDRESS, parts.clock);
    this.#accounts = new PaceTable(ACCOUNT, parts.clock);
    this.#wrong = parts.metrics.counters(WRONG_PROOFS);
    this.#slowed = parts.metrics.counter(SLOWED);
  }

  /**
   * Checks a secret that takes a while to check, or can be guessed; later if there were many wrong ones. `account`: the name of the account
   * that it is for; undefined if there is none.
   */
  check(
    claim: Claim,
    account: string | undefined,
    check: () => Proven | Promise<Proven>,
    kind: keyof typeof WORDS = 'secret',
  ): Proven | Promise<Proven> {
    const { what, nobody } = WORDS[kind];
    const told = { what, whose: account === undefined ? nobody : `the account ${account}` };
    const address = networkOf(addressOf(claim.peer));
    const name = account ?? (claim.account ?? claim.id ?? '').slice(0, MAX_NAME_LENGTH);
    const pair = `${address} ${name}`;
    const noted = (proven: Proven): Proven => {
      if (proven.reason === undefined) this.#right(address, name, pair);
      else if (proven.reason === 'password') this.#note(claim, told, pair);
      return proven;
    };
    const run = (): Proven | Promise<Proven> => {
      const proven = check();
      return proven instanceof Promise ? proven.then(noted) : noted(proven);
    };
    if (isNear(claim)) return run();
    const waitMs = this.#wait(address, name, pair);
    if (waitMs === 0) return run();
    this.#slowed.value++;
    this.#tellSlowed(claim, told, pair);
    if (waitMs > LONGEST_WAIT_MS) return BUSY;
    const waited = new Promise<void>((resolve) => this.#parts.clock.after(waitMs, resolve));
    return waited.then(() => (claim.isGone() ? BUSY : run()));
  }

  /** How long a proof must wait, which takes its place in each table; nothing is taken if that is too long. */
  #wait(address: string, name: string, pair: string): number {
    const waitMs = Math.max(this.#pairs.waitMs(pair), this.#addresses.waitMs(address));
    if (waitMs > LONGEST_WAIT_MS) return waitMs;
    this.#pairs.take(pair);
    this.#addresses.take(address);
    const everybodysMs = Math.min(this.#accounts.waitMs(name), LONGEST_ACCOUNT_WAIT_MS);
    if (everybodysMs < LONGEST_ACCOUNT_WAIT_MS) this.#accounts.take(name);
    return this.#trusted.has(pair) ? waitMs : Math.max(waitMs, everybodysMs);
  }

  /** A right proof was no guess: what it took is given back. */
  #right(address: string, name: string, pair: string): void {
    this.#pairs.giveBack(pair);
    this.#addresses.giveBack(address);
    this.#accounts.giveBack(name);
    this.#trusted.delete(pair);
    this.#trusted.add(pair);
    if (this.#trusted.size > MAX_TRUSTED) this.#trusted.delete(this.#trusted.values().next().value as string);
  }

  #note(claim: Claim, { what, whose }: Told, pair: string): void {
    this.#wrong.of({ protocol: claim.protocol }).value++;
    const nowMs = this.#parts.clock.monotonicMs();
    const known = this.#bursts.get(pair);
    const isSame = known !== undefined && nowMs - known.lastMs < BURST_ENDS_MS;
    const burst = isSame ? known : { count: 0, lastMs: nowMs, isTold: false };
    burst.count++;
    burst.lastMs = nowMs;
    this.#bursts.delete(pair);
    this.#bursts.set(pair, burst);
    if (this.#bursts.size > MAX_BURSTS) this.#bursts.delete(this.#bursts.keys().next().value as string);
    if (!isSame) this.#report(claim, `A wrong ${what} came for ${whose}.`);
  }

  #tellSlowed(claim: Claim, { what, whose }: Told, pair: string): void {
    const burst = this.#bursts.get(pair);
    if (burst?.isTold) return;
    if (burst) burst.isTold = true;
    const count = burst === undefined ? 'Many wrong ones came before' : `${burst.count} wrong ones came before`;
    this.#report(
      claim,
      `A ${what} for ${whose} must wait. ${count}; as long as that goes on, this address is answered slowly.`,
    );
  }

  #report({ protocol, peer }: Claim, message: string): void {
    this.#parts.report({ door: protocol, who: addressOf(peer), code: 'PEER_WRONG_SECRET', message });
  }
}

const MAX_TRUSTED = 5000;
const MAX_BURSTS = 2000;

/** From this machine, not through a proxy, or plugged into it: whoever is there can do anything anyway. */
function isNear({ isCable, isRemote, peer }: Claim): boolean {
  return isCable === true || (isRemote !== true && isLoopback(addressOf(peer)));
}
