import { FakeClock } from '@crosscomm/testing/fake-clock';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../../../../src/common/log.ts';
import { AWAY_MS, missing, REMEMBERED_MS } from '../../../../src/integrations/nats/shared/removals.ts';
import type { SharedBucket, Watched } from '../../../../src/integrations/nats/shared/shared-bucket.ts';
import { type LedgerStore, SharedRecords } from '../../../../src/integrations/nats/shared/shared-records.ts';

const SOON = { timeout: 20_000, interval: 2 };
const connection = { isClosed: () => false } as NatsConnection;
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A bucket of the servers, in memory. */
class Bucket implements SharedBucket {
  readonly clock: FakeClock;
  readonly created: string;
  readonly entries = new Map<string, Omit<Watched, 'isLast'>>();
  readonly #watchers = new Set<(entry: Watched) => void>();
  /** How much later it is for the servers: a gateway that looks every few seconds need not do so for months. */
  aheadMs = 0;
  #revision = 0;

  constructor(clock: FakeClock, created = 'the first') {
    this.clock = clock;
    this.created = created;
  }

  get nowMs(): number {
    return this.clock.now() + this.aheadMs;
  }

  async status() {
    const { created, entries, nowMs } = this;
    return { created, nowMs, values: entries.size, lastRevision: this.#revision };
  }

  async read(key: string) {
    return this.entries.get(key);
  }

  async write(key: string, value: Uint8Array, revision: number): Promise<number | undefined> {
    if ((this.entries.get(key)?.revision ?? 0) !== revision) return undefined;
    const entry = { key, value, revision: ++this.#revision, writtenMs: this.nowMs };
    this.entries.delete(key);
    this.entries.set(key, entry);
    for (const tell of this.#watchers) tell({ ...entry, isLast: true });
    return entry.revision;
  }

  async erase(key: string, revision: number): Promise<void> {
    if ((this.entries.get(key)?.revision ?? 0) <= revision) this.entries.delete(key);
  }

  async watch() {
    const queue: Watched[] = [...this.entries.values()].map((entry, at, { length }) => ({
      ...entry,
      isLast: at === length - 1,
    }));
    let wake = (): void => {};
    let isOver = false;
    const tell = (entry: Watched): void => {
      queue.push(entry);
      wake();
    };
    this.#watchers.add(tell);
    const stop = (): void => {
      isOver = true;
      this.#watchers.delete(tell);
      wake();
    };
    async function* all() {
      while (!isOver) {
        const next = queue.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    }
    return { stop, [Symbol.asyncIterator]: all };
  }
}

/** A gateway with its accounts, in memory. */
class Gateway {
  readonly accounts = new Map<string, string>();
  readonly records: SharedRecords;
  kept: Awaited<ReturnType<LedgerStore['load']>>;
  bucket: Bucket;
  readonly #listeners = new Set<() => void>();

  constructor(name: string, bucket: Bucket) {
    this.bucket = bucket;
    this.records = new SharedRecords({
      ...{ clock: bucket.clock, log: silentLog, gateway: name, misread: () => {} },
      open: async () => this.bucket,
      local: {
        read: async () => new Map(this.accounts),
        adopt: async (changes) => {
          for (const { key, text } of changes) this.#put(key, text);
          return [];
        },
        onChange: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      store: {
        load: async () => this.kept,
        save: async (kept) => {
          this.kept = structuredClone(kept);
        },
      },
    });
    stops.push(() => this.records.stop());
  }

  async start(): Promise<void> {
    await this.records.start();
    this.up();
  }

  up(): void {
    void this.records.linkUp(connection);
  }

  /** Makes an account, or removes it. */
  set(key: string, text: string | undefined): void {
    this.#put(key, text);
    for (const listener of this.#listeners) listener();
  }

  has(): string[] {
    return [...this.accounts.keys()].sort();
  }

  #put(key: string, text: string | undefined): void {
    if (text === undefined) this.accounts.delete(key);
    else this.accounts.set(key, text);
  }
}

async function two() {
  const clock = new FakeClock();
  const bucket = new Bucket(clock);
  const [hall, attic] = [new Gateway('hall', bucket), new Gateway('attic', bucket)];
  await hall.start();
  await attic.start();
  for (const account of ['ann', 'bob']) hall.set(account, `{"name":"${account}"}`);
  await expect.poll(() => attic.has(), SOON).toEqual(['ann', 'bob']);
  await expect.poll(() => hall.records.state.waiting, SOON).toBe(0);
  const heard = (gateway: Gateway) => () => gateway.kept?.place?.created === gateway.bucket.created;
  return { bucket, hall, attic, heard };
}

/** Lets time pass, until gateways that hear the servers have looked at them once more. */
async function pass(bucket: Bucket, ms: number): Promise<void> {
  bucket.aheadMs += ms - 6000;
  bucket.clock.advance(6000);
  await new Promise((resolve) => setImmediate(resolve));
}

test('a removal is forgotten by the servers and by all gateways when it has been known for long enough', async () => {
  const { bucket, hall, attic } = await two();
  hall.set('ann', undefined);
  await expect.poll(() => attic.has(), SOON).toEqual(['bob']);
  await pass(bucket, REMEMBERED_MS - 60_000);
  expect([...bucket.entries.keys()].sort()).toEqual(['ann', 'bob']);
  await pass(bucket, 120_000);
  await expect.poll(() => [...bucket.entries.keys()], SOON).toEqual(['bob']);
  for (const gateway of [hall, attic]) {
    // What is written down next says nothing of it any more.
    gateway.set(`by ${gateway === hall ? 'hall' : 'attic'}`, '{}');
    await expect.poll(() => Object.keys(gateway.kept?.entries ?? {}), SOON).not.toContain('ann');
  }
  await expect.poll(() => hall.has(), SOON).toEqual(['bob', 'by attic', 'by hall']);
  expect([...bucket.entries.keys()].sort()).toEqual(['bob', 'by=20attic', 'by=20hall']);
});

test('a gateway that was away for longer does not bring back what was removed, and brings what was made there', async () => {
  const { bucket, hall, attic } = await two();
  attic.records.linkDown();
  hall.set('ann', undefined);
  await expect.poll(() => hall.records.state.waiting, SOON).toBe(0);
  attic.set('eve', '{"name":"eve"}');
  await pass(bucket, REMEMBERED_MS + 60_000);
  await expect.poll(() => [...bucket.entries.keys()], SOON).toEqual(['bob']);
  expect(attic.has()).toEqual(['ann', 'bob', 'eve']);
  attic.up();
  for (const gateway of [attic, hall]) await expect.poll(() => gateway.has(), SOON).toEqual(['bob', 'eve']);
  await expect.poll(() => [...bucket.entries.keys()].sort(), SOON).toEqual(['bob', 'eve']);
});

test('servers that have lost everything get it from a gateway that was away for however long', async () => {
  const { bucket, attic, heard } = await two();
  await expect.poll(() => attic.kept?.place, SOON).toBeDefined();
  attic.records.linkDown();
  await pass(bucket, REMEMBERED_MS + 60_000);
  attic.bucket = new Bucket(bucket.clock, 'another');
  attic.bucket.aheadMs = bucket.aheadMs;
  attic.up();
  await expect.poll(() => [...attic.bucket.entries.keys()].sort(), SOON).toEqual(['ann', 'bob']);
  await expect.poll(heard(attic), SOON).toBe(true);
  expect(attic.has()).toEqual(['ann', 'bob']);
});

const hash = 'of something';
const place = { created: 'one', heardMs: 0 };
test.each([
  ['made here and not told yet', { hash }, { created: 'one', nowMs: AWAY_MS * 9 }, 'tell'],
  ['told, and the servers were heard not long ago', { hash, isTold: true }, { created: 'one', nowMs: AWAY_MS }, 'tell'],
  ['told, long ago', { hash, isTold: true }, { created: 'one', nowMs: AWAY_MS + 1 }, 'remove'],
  ['told to other servers, long ago', { hash, isTold: true }, { created: 'two', nowMs: AWAY_MS + 1 }, 'remove'],
  ['a removal that is told', { hash: null, isTold: true }, { created: 'one', nowMs: 1 }, 'forget'],
  ['a removal that other servers were told', { hash: null, isTold: true }, { created: 'two', nowMs: 1 }, 'tell'],
  ['the same, long ago', { hash: null, isTold: true }, { created: 'two', nowMs: AWAY_MS + 1 }, 'forget'],
] as const)('what the servers do not have: %s', (_what, entry, status, outcome) => {
  expect(missing(entry, place, { ...status, values: 1 })).toBe(outcome);
});
