import type { Account } from '../src/access/account.ts';
import { AccountBook, type AccountStore } from '../src/access/account-book.ts';
import { Admission } from '../src/access/admission.ts';
import type { Prove } from '../src/access/claim.ts';
import { environmentAccounts } from '../src/access/environment-accounts.ts';
import { Guard } from '../src/access/guard.ts';
import { type AnonymousRule, proofOf } from '../src/access/proof.ts';
import { Quotas } from '../src/access/quotas.ts';
import { type Quota, RoleBook } from '../src/access/roles.ts';
import { traitsTable } from '../src/app/protocols.ts';
import { type Log, silentLog } from '../src/common/log.ts';
import { Hub, type HubOptions } from '../src/hub/hub.ts';
import type { Message } from '../src/hub/message.ts';
import type { Delivery, LeaveReason, Protocol, Session } from '../src/hub/session.ts';
import type { HubStore, RetainedRecord, ScheduledRecord } from '../src/hub/store.ts';
import { Incidents } from '../src/observability/incidents.ts';
import { MetricsRegistry } from '../src/observability/metrics.ts';
import type { SessionContext } from '../src/protocols/context.ts';
import type { Wire } from '../src/transports/wire.ts';
import { FakeClock } from './fake-clock.ts';

/** Accounts that are kept in memory. */
export class MemoryAccounts implements AccountStore {
  kept: readonly Account[] = [];

  async load(): Promise<readonly Account[]> {
    return this.kept;
  }

  async save(accounts: readonly Account[]): Promise<void> {
    this.kept = accounts;
  }
}

/** A hub store that a test can look into. */
export class MemoryStore implements HubStore {
  readonly retained = new Map<string, RetainedRecord>();
  readonly scheduled = new Map<string, ScheduledRecord>();

  putRetained(channel: string, record: RetainedRecord): void {
    this.retained.set(channel, record);
  }
  deleteRetained(channel: string): void {
    this.retained.delete(channel);
  }
  putScheduled(record: ScheduledRecord): void {
    this.scheduled.set(record.id, record);
  }
  deleteScheduled(id: string): void {
    this.scheduled.delete(id);
  }
}

/** A session that remembers what it was given. */
export class MemorySession implements Session {
  readonly id: string;
  readonly protocol: Protocol;
  readonly transient: boolean;
  readonly received: Message[] = [];
  closedFor: LeaveReason | undefined;
  /** What the next deliveries answer. */
  answer: Delivery = 'delivered';

  constructor(id: string, protocol: Protocol = 'oocsi') {
    this.id = id;
    this.protocol = protocol;
    this.transient = protocol === 'http';
  }

  deliver(message: Message): Delivery {
    if (this.answer === 'delivered') this.received.push(message);
    return this.answer;
  }

  close(reason: LeaveReason): void {
    this.closedFor = reason;
  }
}

/** A wire that remembers what was written to it, as text. */
export class MemoryWire implements Wire {
  readonly peer: string;
  readonly written: string[] = [];
  /** How and whether it was ended. */
  ended: { code: number | undefined; reason: string | undefined } | undefined;
  full = false;

  constructor(peer = '127.0.0.1:50000') {
    this.peer = peer;
  }

  write(unit: Uint8Array): boolean {
    if (this.full) return false;
    this.written.push(Buffer.from(unit).toString('utf8'));
    return true;
  }

  end(code?: number, reason?: string): void {
    this.ended = { code, reason };
  }

  /** What was written since the last call. */
  take(): string[] {
    return this.written.splice(0);
  }
}

export type HouseOptions = Partial<HubOptions> & {
  users?: ReadonlyMap<string, string> | undefined;
  /** Who looks at what clients bring along; default: nobody but `users`. */
  prove?: Prove | undefined;
  /** By role. */
  quotas?: Readonly<Record<string, Quota>> | undefined;
  /** Who may join without a proof; default: anyone. */
  anonymous?: AnonymousRule | undefined;
  /** What a board on a cable may do. */
  cableRoles?: readonly string[] | undefined;
  log?: Log;
};

export interface TestHouse extends SessionContext {
  clock: FakeClock;
  accounts: AccountBook;
  roles: RoleBook;
  store: MemoryStore;
  metrics: MetricsRegistry;
}

/** A hub with everything a session needs, on a clock that the test moves. */
export function buildHouse(options: HouseOptions = {}): TestHouse {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const metrics = new MetricsRegistry();
  const hub = new Hub({
    clock,
    metrics,
    store,
    protocols: traitsTable(),
    compile: () => undefined,
    stickyMs: 300_000,
    maxKnownClients: 100,
    maxRetained: 100,
    maxRetainedBytes: 2 ** 20,
    maxKeptLength: 1000,
    maxScheduled: 100,
    maxScheduledBytes: 2 ** 20,
    maxSubscriptions: 100,
    history: { channels: [], maxMessages: 100, maxBytes: 2 ** 20, maxChannels: 100, maxAgeMs: 3_600_000 },
    ...options,
  });
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const { log = silentLog } = options;
  const accounts = new AccountBook(new MemoryAccounts(), environmentAccounts(options.users));
  const roles = new RoleBook();
  const incidents = new Incidents(clock, log, metrics);
  const guard = new Guard({ clock, metrics, report: () => {} });
  hub.events.on('contest', (contest) => incidents.contested(contest));
  return {
    hub,
    clock,
    store,
    accounts,
    roles,
    access: new Admission({
      hub,
      clock,
      accounts,
      roles,
      quotas: new Quotas({ hub, clock, metrics, quotas: options.quotas ?? {} }),
      cableRoles: options.cableRoles,
      prove: options.prove ?? proofOf({ accounts, clock, anonymous: options.anonymous ?? 'allow', guard }),
      failed: (error, { id }) => log.error({ code: 'INTERNAL', who: id, err: error }, 'A client was not let in.'),
    }),
    incidents,
    metrics,
    log,
    random,
  };
}
