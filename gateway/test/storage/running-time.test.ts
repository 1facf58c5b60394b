import { FakeClock } from '@crosscomm/testing/fake-clock';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { GatewayClock } from '../../src/common/gateway-clock.ts';
import type { Database } from '../../src/common/level.ts';
import { silentLog } from '../../src/common/log.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { RunningTime } from '../../src/storage/running-time.ts';

/** One run of the gateway, whose machine has been up for `machineMs`. */
async function run(db: Database, machineMs: number) {
  const time = new RunningTime(db, silentLog);
  const base = new FakeClock(undefined, machineMs);
  const clock = new GatewayClock(base, base, await time.load());
  time.keep(clock);
  return { base, clock, time };
}

async function database(): Promise<Database> {
  const db = await openDatabase(await temporaryFolder(), silentLog);
  onTestFinished(() => db.close());
  return db;
}

it('goes on over a restart from where it was, whatever the machine and its wall clock did', async () => {
  const db = await database();
  const first = await run(db, 5000);
  expect(first.clock.monotonicMs()).toBe(0);
  first.base.advance(61_000);
  first.base.jumpTo(0);
  await first.time.close();
  const next = await run(db, 77);
  expect(next.clock.monotonicMs()).toBe(61_000);
  next.base.advance(10);
  expect(next.clock.monotonicMs()).toBe(61_010);
});

it('is at most five minutes behind after a power cut, with one write in that time', async () => {
  const db = await database();
  let writes = 0;
  const written = new Promise<void>((resolve) => {
    db.on('write', () => ++writes === 2 && resolve());
  });
  const { base } = await run(db, 0);
  base.advance(14 * 60_000);
  await written;
  expect((await run(db, 0)).clock.monotonicMs()).toBe(10 * 60_000);
  expect(writes).toBe(2);
});
