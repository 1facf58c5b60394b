import type { Clock } from '../common/clock.ts';
import type { Counter, FamilySpec, Metrics } from '../common/metrics.ts';
import { networkOf } from '../common/network-of.ts';
import { addressOf } from '../common/peer-address.ts';
import type { Hub } from '../hub/hub.ts';
import { type Denial, deny } from './denial.ts';
import { Meter, type MeterRecord, type QuotaKind } from './meter.ts';
import type { Principal } from './principal.ts';
import { noteRefused } from './refused.ts';
import type { Quota } from './roles.ts';

/** What quotas refused, by their keys in the configuration. */
export const QUOTA_REFUSALS: FamilySpec<'quota'> = {
  name: 'crosscomm_quota_refusals_total',
  help: 'Messages, connections, subscriptions and pieces of uploads that were refused because of a quota of auth.quotas.',
  labels: ['quota'],
};

const SLOWED: FamilySpec = {
  name: 'crosscomm_quota_slowed_messages_total',
  help: 'Messages whose clients had to wait because of messagesPerSecond in auth.quotas.',
};

/**
 * How long a message waits for its turn whose connection has gone. Programs that send one message and go would otherwise use up hours to come, and
 * fill the memory.
 */
const LONGEST_WAIT_MS = 60_000;

/** How many meters there are of anonymous addresses; the one that was not used for longest makes room. */
const MAX_ADDRESSES = 5000;

const KINDS: Record<QuotaKind, (limit: number) => string> = {
  messagesPerSecond: (limit) => `it may send ${limit} ${limit === 1 ? 'message' : 'messages'} a second`,
  bytesPerDay: (limit) => `it may send ${limit} bytes in 24 hours`,
  connections: (limit) => `it may have ${limit} ${limit === 1 ? 'connection' : 'connections'}`,
  subscriptions: (limit) => `it may have ${limit} ${limit === 1 ? 'subscription' : 'subscriptions'}`,
  uploadBytesPerDay: (limit) => `it may upload ${limit} bytes in 24 hours`,
};

/** A message that waits for its turn. */
interface Waiting {
  readonly dueMs: number;
  /** It goes nowhere. */
  giveUp(): void;
}

/** What is kept over a restart of those who have used anything: by account, and by address, or network of IPv6, of anonymous clients. */
export interface Used {
  readonly accounts: Readonly<Record<string, MeterRecord>>;
  readonly addresses: Readonly<Record<string, MeterRecord>>;
}

export interface QuotasParts {
  hub: Hub;
  clock: Clock;
  metrics: Metrics;
  /** By role: `auth.quotas`. */
  quotas: Readonly<Record<string, Quota>>;
  /** What had been used when an earlier run ended. */
  used?: Used | undefined;
}

/**
 * What accounts may use, and have used. A quota is one account's, however many connections it has; clients without an account share that of
 * their address, or network of IPv6. While no role has a quota there are no meters, and nothing is asked for a message.
 */
export class Quotas {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #quotas: ReadonlyMap<string, Quota>;
  readonly #accounts: Map<string, Meter>;
  readonly #addresses: Map<string, Meter>;
  readonly #refused: Readonly<Record<QuotaKind, Counter>>;
  readonly #slowed: Counter;
  /** Those that have come online; who has gone is taken out when somebody counts. */
  readonly #online = new WeakMap<Meter, Set<Principal>>();
  readonly #waiting = new Map<Principal, Set<Waiting>>();

  constructor({ hub, clock, metrics, quotas, used }: QuotasParts) {
    this.#hub = hub;
    this.#clock = clock;
    this.#quotas = new Map(Object.entries(quotas));
    const former = (records: Used['accounts'] = {}): Map<string, Meter> =>
      new Map(Object.entries(records).map(([key, record]) => [key, new Meter({}, clock.monotonicMs(), record)]));
    this.#accounts = former(used?.accounts);
    this.#addresses = former(used?.addresses);
    this.#slowed = metrics.counter(SLOWED);
    const refused = metrics.counters(QUOTA_REFUSALS);
    const kinds = Object.keys(KINDS) as QuotaKind[];
    this.#refused = Object.fromEntries(kinds.map((quota) => [quota, refused.of({ quota })])) as Record<
      QuotaKind,
      Counter
    >;
  }

  /** The meter of a principal with these roles; undefined if nothing limits it. Several roles: the most generous of each. */
  meterOf(
    { account, peer, proof }: Pick<Principal, 'account' | 'peer' | 'proof'>,
    roles: () => readonly string[],
  ): Meter | undefined {
    if (this.#quotas.size === 0 || proof === 'operator') return undefined;
    const quota = this.#mostGenerous(roles());
    const meters = account === undefined ? this.#addresses : this.#accounts;
    const key = account ?? networkOf(addressOf(peer));
    const known = meters.get(key);
    if (quota === undefined) {
      if (known) known.quota = {};
      return undefined;
    }
    const meter = known ?? new Meter(quota, this.#clock.monotonicMs());
    meter.quota = quota;
    if (account === undefined) {
      meters.delete(key);
      if (meters.size >= MAX_ADDRESSES) meters.delete(meters.keys().next().value as string);
    }
    meters.set(key, meter);
    return meter;
  }

  /** Takes one message of so many bytes to a channel or client from what a client may send; or takes nothing, and answers why. */
  spend(principal: Principal, bytes: number, to: string): Denial | undefined {
    const { meter } = principal;
    if (meter === undefined) return undefined;
    const over = meter.message(bytes, this.#clock.monotonicMs());
    return over && this.#refuseMessage(principal, this.#refuse(meter, over), bytes, to);
  }

  /**
   * As `spend`, for a protocol that can let its client wait: where it sends too often, the answer is a promise, and the message may go on its
   * way when that resolves to nothing. The order of messages stays. Call `left` when the client has gone.
   */
  pace(principal: Principal, bytes: number, to: string): Denial | Promise<Denial | undefined> | undefined {
    const { meter } = principal;
    if (meter === undefined) return undefined;
    const answer = meter.reserve(bytes, this.#clock.monotonicMs());
    if (typeof answer !== 'number') return this.#refuseMessage(principal, this.#refuse(meter, answer), bytes, to);
    if (answer === 0) return undefined;
    this.#slowed.value++;
    return this.#wait(principal, meter, answer).then((isOver) =>
      isOver ? this.#refuseMessage(principal, this.#refuse(meter, 'messagesPerSecond'), bytes, to) : undefined,
    );
  }

  /** The client has gone: of its messages that wait, those whose turn comes in less than `waitMs` still have it. */
  left(principal: Principal, waitMs = LONGEST_WAIT_MS): void {
    const latestMs = this.#clock.monotonicMs() + waitMs;
    for (const waiting of this.#waiting.get(principal) ?? []) if (waiting.dueMs > latestMs) waiting.giveUp();
  }

  /** How many messages wait for their turn. */
  get waitingCount(): number {
    let count = 0;
    for (const { size } of this.#waiting.values()) count += size;
    return count;
  }

  /** Takes a piece of an upload, or takes nothing and answers why. */
  upload({ meter }: Principal, bytes: number): Denial | undefined {
    const kind = meter?.upload(bytes, this.#clock.monotonicMs());
    return kind && meter && this.#refuse(meter, kind);
  }

  /** Why a principal may not come online; undefined if it may. */
  enter(principal: Principal): Denial | undefined {
    const { meter, id } = principal;
    const most = meter?.quota.connections;
    if (meter === undefined || most === undefined) return undefined;
    // Its own former connection, whose place it takes, does not count.
    const others = this.#onlineOf(meter).filter((other) => other.id !== id);
    return others.length < most ? undefined : this.#refuse(meter, 'connections');
  }

  /** A principal has come online. */
  entered(principal: Principal): void {
    const { meter } = principal;
    if (meter === undefined) return;
    const online = this.#online.get(meter);
    if (online) online.add(principal);
    else this.#online.set(meter, new Set([principal]));
  }

  /** Why a principal may have no more subscriptions than its account has; undefined if it may. */
  subscribe({ meter }: Principal): Denial | undefined {
    const most = meter?.quota.subscriptions;
    if (meter === undefined || most === undefined) return undefined;
    let count = 0;
    for (const { id, session } of this.#onlineOf(meter)) {
      count += (this.#hub.ownClient(id)?.subscriptions.length ?? 0) + (session?.ownSubscriptions ?? 0);
    }
    return count < most ? undefined : this.#refuse(meter, 'subscriptions');
  }

  /** What is to be kept over a restart. */
  used(): Used {
    const nowMs = this.#clock.monotonicMs();
    const records = (meters: ReadonlyMap<string, Meter>): Used['accounts'] => {
      const all = Array.from(meters, ([key, meter]) => [key, meter.record(nowMs)] as const);
      return Object.fromEntries(all.filter((entry): entry is [string, MeterRecord] => entry[1] !== undefined));
    };
    return { accounts: records(this.#accounts), addresses: records(this.#addresses) };
  }

  /** Forgets accounts that are gone. */
  forget(isGone: (account: string) => boolean): void {
    for (const name of this.#accounts.keys()) if (isGone(name)) this.#accounts.delete(name);
  }

  /** Resolves after this time; sooner, and to true, where it is given up. */
  #wait(principal: Principal, meter: Meter, waitMs: number): Promise<boolean> {
    const own = this.#waiting.get(principal) ?? new Set();
    this.#waiting.set(principal, own);
    return new Promise((resolve) => {
      const end = (isGivenUp: boolean): void => {
        own.delete(waiting);
        if (own.size === 0 && this.#waiting.get(principal) === own) this.#waiting.delete(principal);
        resolve(isGivenUp);
      };
      const cancel = this.#clock.after(waitMs, () => end(false));
      const waiting: Waiting = {
        dueMs: this.#clock.monotonicMs() + waitMs,
        giveUp() {
          cancel();
          meter.giveBack();
          end(true);
        },
      };
      own.add(waiting);
    });
  }

  #mostGenerous(roles: readonly string[]): Quota | undefined {
    let most: Quota | undefined;
    for (const role of roles) {
      const quota = this.#quotas.get(role);
      if (quota === undefined) return undefined;
      most = most === undefined ? quota : moreGenerous(most, quota);
    }
    return most;
  }

  #onlineOf(meter: Meter): Principal[] {
    const online = this.#online.get(meter);
    if (online === undefined) return [];
    for (const other of online) if (this.#hub.session(other.id) !== other.session) online.delete(other);
    return [...online];
  }

  #refuseMessage(principal: Principal, denial: Denial, size: number, to: string): Denial {
    noteRefused(this.#hub, principal, { to, size, reason: 'quota', why: denial.why });
    return denial;
  }

  #refuse(meter: Meter, kind: QuotaKind): Denial {
    this.#refused[kind].value++;
    return deny('too_many', `${KINDS[kind](meter.quota[kind] ?? 0)} (auth.quotas)`);
  }
}

/** Of each limit the higher one; none where one of them has none. */
function moreGenerous(one: Quota, other: Quota): Quota {
  const most: Partial<Record<QuotaKind, number>> = {};
  for (const kind of Object.keys(KINDS) as QuotaKind[]) {
    const left = one[kind];
    const right = other[kind];
    if (left !== undefined && right !== undefined) most[kind] = Math.max(left, right);
  }
  return most;
}
