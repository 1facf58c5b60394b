import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import type { ScheduledRecord, ScheduleKeeper } from '../../src/hub/store.ts';

/** Answers as it is told, and remembers what was asked. */
class Keeper implements ScheduleKeeper {
  readonly known: string[] = [];
  readonly answers = new Map<unknown, Promise<boolean>>();

  added({ message }: ScheduledRecord): void {
    this.known.push(String(message.body));
  }

  claim({ message }: ScheduledRecord): Promise<boolean> | undefined {
    return this.answers.get(message.body);
  }
}

function build() {
  const house = buildHouse();
  const keeper = new Keeper();
  house.hub.schedule.keeper = keeper;
  return { ...house, keeper, bob: join(house.hub, 'bob', ['news']) };
}

it('whoever shares scheduled messages is told of those on disk, and asked when their time has come', async () => {
  const { hub, clock, store, keeper, bob } = build();
  const dueMs = clock.now() + 1000;
  for (const body of ['a', 'b', 'c']) send(hub, 'alice', 'news', body, { dueMs });
  send(hub, 'alice', 'news', 'd', { dueMs, inMemory: true });
  expect(keeper.known).toEqual(['a', 'b', 'c']);
  let answer = (_: boolean): void => {};
  keeper.answers.set('a', new Promise((resolve) => (answer = resolve)));
  keeper.answers.set('b', Promise.resolve(false));
  clock.advance(1000);
  expect([bodies(bob), store.scheduled.size]).toEqual([[], 3]);
  answer(true);
  await expect.poll(() => bodies(bob)).toEqual(['a', 'c', 'd']);
  expect([store.scheduled.size, hub.schedule.size]).toEqual([0, 0]);
});

it('nothing is sent once the gateway ends, and what is asked for stays on disk', async () => {
  const { hub, clock, store, keeper, bob } = build();
  send(hub, 'alice', 'news', 'a', { delayMs: 1000 });
  let answer = (_: boolean): void => {};
  const asked = new Promise<boolean>((resolve) => (answer = resolve));
  keeper.answers.set('a', asked);
  clock.advance(1000);
  hub.stop();
  answer(true);
  await asked;
  expect([bodies(bob), store.scheduled.size]).toEqual([[], 1]);
});

it('what waited at another gateway waits here, on disk, and can be given up', () => {
  const { hub, clock, store, bob } = build();
  const message = { from: 'alice', to: 'news', kind: 'text' as const, body: 'far', timestampMs: 0 };
  const delay = { ms: 500, sinceMs: clock.monotonicMs() };
  expect(hub.schedule.adopt({ message, dueMs: 0, delay, key: 'attic.1' })).toBe(true);
  expect(hub.schedule.adopt({ message: { ...message, body: 'given up' }, dueMs: 0, delay, key: 'attic.2' })).toBe(true);
  expect([...store.scheduled.values()].map(({ key }) => key)).toEqual(['attic.1', 'attic.2']);
  for (const { id, key } of [...hub.schedule.records()]) if (key === 'attic.2') hub.schedule.drop(id);
  clock.advance(500);
  expect(bodies(bob)).toEqual(['far']);
  expect(store.scheduled.size).toBe(0);
});
