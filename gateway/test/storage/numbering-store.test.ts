import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/common/level.ts';
import { silentLog } from '../../src/common/log.ts';
import type { Numbering } from '../../src/protocols/frames/delivery/numberings.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { LevelNumberingStore } from '../../src/storage/numbering-store.ts';

const nothing = async (): Promise<void> => {};

async function build(written = nothing) {
  const clock = new FakeClock();
  const log = new MemoryLog();
  const db = await openDatabase(await temporaryFolder(), silentLog);
  onTestFinished(() => db.close());
  return { clock, log, db, store: new LevelNumberingStore(db, { clock, log, written }) };
}

const save = (store: LevelNumberingStore, id: string, numbering: Numbering): Promise<void> =>
  new Promise((resolve) => store.save([[id, numbering]], resolve));

/** What another run of the gateway would find. */
const reload = (db: Database): ReturnType<LevelNumberingStore['load']> =>
  new LevelNumberingStore(db, { clock: new FakeClock(), log: silentLog, written: nothing }).load();

describe('the store of frame numbers', () => {
  it('gives back the last numbers, the device that was saved first at the front', async () => {
    const { clock, db, store } = await build();
    await save(store, 'uno/1 é', { bootId: 4_294_967_295, last: 4_294_967_295 });
    clock.advance(1000);
    await save(store, 'b', { bootId: 7, last: 1 });
    clock.advance(1000);
    await save(store, 'a', { bootId: 7, last: 1 });
    clock.advance(1000);
    await save(store, 'b', { bootId: 7, last: 2 });
    expect(await reload(db)).toEqual([
      ['uno/1 é', { bootId: 4_294_967_295, last: 4_294_967_295 }],
      ['a', { bootId: 7, last: 1 }],
      ['b', { bootId: 7, last: 2 }],
    ]);
  });

  it('is done only when all else is written, and writes once for all devices', async () => {
    let release = (): void => {};
    const { db, store } = await build(() => new Promise((resolve) => (release = resolve)));
    const batches: unknown[][] = [];
    db.on('write', (operations: unknown[]) => batches.push(operations));
    let done = false;
    const saved = new Promise<void>((resolve) => {
      const devices = Array.from({ length: 100 }, (_, index) => [`d${index}`, { bootId: 1, last: 1 }] as const);
      store.save(devices, () => {
        done = true;
        resolve();
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([done, batches.length]).toEqual([false, 0]);
    release();
    await saved;
    expect(batches.map((operations) => operations.length)).toEqual([100]);
  });

  it('forgets an id with the next numbers that are saved', async () => {
    const { db, store } = await build();
    await save(store, 'a', { bootId: 7, last: 1 });
    store.forget('a');
    await save(store, 'b', { bootId: 7, last: 1 });
    expect(await reload(db)).toEqual([['b', { bootId: 7, last: 1 }]]);
  });

  it('keeps the order where the wall clock is set back, behind what an earlier version saved by that', async () => {
    const { clock, db, store } = await build();
    const level = db.sublevel('frames');
    await level.put('older', JSON.stringify([7, 1, clock.now() - 5]));
    await level.put('old', JSON.stringify([7, 1, clock.now()]));
    await save(store, 'a', { bootId: 7, last: 1 });
    clock.advance(1000);
    clock.jumpTo(clock.now() - 3_600_000);
    await save(store, 'b', { bootId: 7, last: 1 });
    expect((await reload(db)).map(([id]) => id)).toEqual(['older', 'old', 'a', 'b']);
  });

  it('is done where the disk fails too, and says so', async () => {
    const { db, log, store } = await build();
    await db.close();
    await save(store, 'a', { bootId: 7, last: 1 });
    expect(log.lines).toEqual([expect.stringMatching(/^error the frame numbers of devices cannot be written/)]);
  });

  it('leaves out what it cannot read', async () => {
    const { db, log, store } = await build();
    const level = db.sublevel('frames');
    for (const [index, text] of ['', '[1,2]', '[1,2,"3"]', '{}', '[1,2,3,4]'].entries()) {
      await level.put(`device-${index}`, text);
    }
    expect(await store.load()).toEqual([['device-4', { bootId: 1, last: 2 }]]);
    expect(log.contexts).toEqual([{ unreadable: 4 }]);
  });
});
