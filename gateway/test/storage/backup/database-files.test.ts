import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/common/clock.ts';
import { type Database, nativeOf } from '../../../src/common/level.ts';
import { silentLog } from '../../../src/common/log.ts';
import { backUpRunning } from '../../../src/storage/backup/begin-backup.ts';
import { openDatabaseFiles } from '../../../src/storage/backup/database-files.ts';
import { unpackBackup } from '../../../src/storage/backup/unpack.ts';
import { openDatabase } from '../../../src/storage/database.ts';

/** Writes one batch after another, each with its number and another key, until it is told to stop; returns how many. */
function writing(db: Database): () => Promise<number> {
  let isOver = false;
  let count = 0;
  const done = (async () => {
    const content = 'x'.repeat(3000);
    while (!isOver) {
      count++;
      await db.batch([
        { type: 'put', key: `entry ${count % 1000}`, value: `${count} ${content}` },
        { type: 'put', key: 'count', value: String(count) },
        { type: 'del', key: `gone ${count - 1}` },
        { type: 'put', key: `gone ${count}`, value: '' },
      ]);
    }
  })();
  return async () => {
    isOver = true;
    await done;
    return count;
  };
}

/** Begins a backup, writes it after `meanwhile`, and returns the database that is in it. */
async function restored(db: Database, dataDir: string, meanwhile: () => Promise<unknown>): Promise<Database> {
  const { pieces } = await backUpRunning({ dataDir, withObjects: false, clock: systemClock }, db);
  await meanwhile();
  const folder = await temporaryFolder();
  const parts = [];
  for await (const piece of pieces) parts.push(piece);
  await writeFile(join(folder, 'backup.tar'), Buffer.concat(parts));
  await unpackBackup(join(folder, 'backup.tar'), join(folder, 'data'));
  const copy = await openDatabase(join(folder, 'data'), silentLog, (sentence) => expect(sentence).toBe(''));
  onTestFinished(() => copy.close());
  return copy;
}

describe('the database in a backup', () => {
  it('is as it was at one moment, while it is written and compacted', async () => {
    const dataDir = await temporaryFolder();
    const db = await openDatabase(dataDir, silentLog);
    onTestFinished(() => db.close());
    const stop = writing(db);
    let before = 0;
    for (let round = 0; round < 4; round++) {
      await expect.poll(async () => Number(await db.get('count'))).toBeGreaterThan(before + 1500);
      const compacted = round % 2 === 0 ? nativeOf(db).compactRange('a', 'z') : undefined;
      const count = Number(await db.get('count'));
      const copy = await restored(db, dataDir, () => nativeOf(db).compactRange('a', 'z'));
      const found = Number(await copy.get('count'));
      expect(found).toBeGreaterThanOrEqual(count);
      expect(await copy.keys({ gte: 'gone ', lt: 'gone:' }).all()).toEqual([`gone ${found}`]);
      const numbers = (await copy.values({ gte: 'entry ', lt: 'entry:' }).all()).map((value) =>
        Number.parseInt(value, 10),
      );
      // Each of the last 1000, and none that is older or newer.
      expect(numbers.sort((one, other) => other - one)[0]).toBe(found);
      expect(numbers.length).toBe(Math.min(found, 1000));
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(Math.min(...numbers)).toBe(Math.max(1, found - 999));
      await compacted;
      before = found;
    }
    await stop();
  });

  it('is there although its files are gone by the time they are read', async () => {
    const dataDir = await temporaryFolder();
    const db = await openDatabase(dataDir, silentLog);
    onTestFinished(() => db.close());
    const fill = async (value: string): Promise<void> => {
      const content = value.repeat(2000);
      for (let count = 0; count < 2000; count++) await db.put(`key ${count}`, content);
      await nativeOf(db).compactRange('a', 'z');
    };
    await fill('old');
    const copy = await restored(db, dataDir, () => fill('new'));
    expect(await copy.get('key 7')).toBe('old'.repeat(2000));
    expect(await db.get('key 7')).toBe('new'.repeat(2000));
  });

  it('is told to be broken where a table is missing', async () => {
    const before = await temporaryFolder();
    const dataDir = await temporaryFolder();
    const db = await openDatabase(before, silentLog);
    await db.put('a', 'b');
    await nativeOf(db).compactRange('a', 'z');
    await db.close();
    await cp(before, dataDir, { recursive: true, filter: (path) => !path.endsWith('.ldb') });
    expect(() => openDatabaseFiles(dataDir)).toThrow(/tables of the database are missing/);
  });
});
