import { FakeClock } from '@crosscomm/testing/fake-clock';
import { buildHouse, MemoryStore } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/common/log.ts';
import { Counter } from '../../../../src/common/metrics.ts';
import type { KeyEntry } from '../../../../src/integrations/nats/keys/key-bucket.ts';
import { decodeScheduled, encodeScheduled } from '../../../../src/integrations/nats/scheduled/record.ts';
import { Rounds } from '../../../../src/integrations/nats/scheduled/rounds.ts';
import { Takeover, type Waiting } from '../../../../src/integrations/nats/scheduled/takeover.ts';

const MINUTE_MS = 60_000;

/** What the servers have, in memory. */
class Bucket implements Waiting {
  readonly entries = new Map<string, KeyEntry>();
  reads = 0;
  #sequence = 0;

  has(key: string, holder: string): void {
    const message = { from: `clock of ${key}`, to: `bell/${key}`, kind: 'text' as const, body: key, timestampMs: 0 };
    this.set(key, encodeScheduled({ holder, record: { message, dueMs: Number.MAX_SAFE_INTEGER } }));
  }

  holderOf(key: string): string | undefined {
    return decodeScheduled(this.entries.get(key)?.data ?? new Uint8Array())?.holder;
  }

  set(key: string, data: Uint8Array): number {
    this.entries.set(key, { sequence: ++this.#sequence, data, timestampMs: 0 });
    return this.#sequence;
  }

  async keys(begin?: string): Promise<string[]> {
    return [...this.entries.keys()].filter((key) => begin === undefined || key.startsWith(`${begin}.`));
  }

  async read(key: string): Promise<KeyEntry | undefined> {
    this.reads++;
    return this.entries.get(key);
  }

  async write(key: string, data: Uint8Array, { after }: { after: number }): Promise<number | undefined> {
    return (this.entries.get(key)?.sequence ?? 0) === after ? this.set(key, data) : undefined;
  }
}

function attic(limits: { maxScheduled: number }, ...others: string[]) {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const { hub } = buildHouse({ clock, store, ...limits, maxScheduledBytes: 2 ** 24 });
  const bucket = new Bucket();
  const takenOver = new Counter();
  const takeover = new Takeover({
    ...{ hub, clock, log: silentLog, gateway: 'attic', takeOverMs: 10 * MINUTE_MS },
    ...{ changes: { get: () => undefined }, others: () => others, serverMs: () => clock.now() },
    counts: { takenOver },
    keyOf: ({ id, key }) => key ?? `attic.${id}`,
  });
  const minutes = async (count: number): Promise<void> => {
    for (let minute = 0; minute < count; minute++) {
      await takeover.take(bucket);
      clock.advance(MINUTE_MS);
    }
  };
  return { hub, bucket, takenOver, minutes, others };
}

test('all that a gateway left is taken over when it is gone for good, however much that is', async () => {
  const { hub, bucket, takenOver, minutes } = attic({ maxScheduled: 2000 });
  for (let number = 0; number < 1203; number++) bucket.has(`kitchen.${number}`, 'kitchen');
  await minutes(10);
  expect(hub.schedule.size).toBe(0);
  await minutes(2);
  expect([hub.schedule.size, takenOver.value]).toEqual([1203, 1203]);
  await minutes(5);
  expect(takenOver.value).toBe(1203);
});

test('what a gateway took over and left in its turn is found, although the one that took it first is there', async () => {
  const { hub, bucket, minutes, others } = attic({ maxScheduled: 2000 }, 'kitchen');
  for (let number = 0; number < 250; number++) bucket.has(`kitchen.${number}`, number === 249 ? 'hall' : 'kitchen');
  await minutes(14);
  expect([...hub.schedule.records()].map(({ message }) => message.body)).toEqual(['kitchen.249']);
  expect(bucket.holderOf('kitchen.1')).toBe(others[0]);
});

test('where there is no room, the rest stays with the servers, and each look reads a part of it', async () => {
  const { hub, bucket, minutes } = attic({ maxScheduled: 3 });
  for (let number = 0; number < 1203; number++) bucket.has(`kitchen.${number}`, 'kitchen');
  await minutes(12);
  expect(hub.schedule.size).toBe(3);
  bucket.reads = 0;
  await minutes(3);
  expect(bucket.reads).toBe(1203);
});

test('keys are gone through in turn, although some come and go', () => {
  const rounds = new Rounds();
  expect(rounds.next(['c', 'a', 'b'], 2)).toEqual({ keys: ['a', 'b'], isLast: false });
  expect(rounds.next(['a', 'b2', 'c', 'd', 'e'], 2)).toEqual({ keys: ['b2', 'c'], isLast: false });
  expect(rounds.next(['a', 'd'], 2)).toEqual({ keys: ['d'], isLast: true });
  expect(rounds.next(['a', 'd'], 2)).toEqual({ keys: ['a', 'd'], isLast: true });
  expect(rounds.next([], 2)).toEqual({ keys: [], isLast: true });
});
