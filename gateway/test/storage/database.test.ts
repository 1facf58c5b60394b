import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../src/common/level.ts';
import { silentLog } from '../../src/common/log.ts';
import { openDatabase } from '../../src/storage/database.ts';

async function opened(dataDir: string, log = new MemoryLog()): Promise<Database> {
  const db = await openDatabase(dataDir, log);
  onTestFinished(() => db.close());
  return db;
}

/** A data directory whose database holds `greeting`, and the path of that database. */
async function usedBefore(): Promise<{ dataDir: string; state: string }> {
  const dataDir = await temporaryFolder();
  const db = await openDatabase(dataDir, silentLog);
  await db.put('greeting', 'hello');
  await db.close();
  return { dataDir, state: join(dataDir, 'state') };
}

describe('the database', () => {
  it('makes its data directory, for this user alone', async () => {
    const dataDir = join(await temporaryFolder(), 'deep', 'down');
    await opened(dataDir);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it('keeps what was put into it', async () => {
    const { dataDir } = await usedBefore();
    expect(await (await opened(dataDir)).get('greeting')).toBe('hello');
  });

  it('is refused to a second gateway in one sentence', async () => {
    const dataDir = await temporaryFolder();
    await opened(dataDir);
    await expect(openDatabase(dataDir, silentLog)).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: `Another gateway uses the data directory ${dataDir}: stop it, or give this one another --data-dir.`,
    });
  });

  it('says that a data directory cannot be used', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    for (const dataDir of [file, join(file, 'below')]) {
      await expect(openDatabase(dataDir, silentLog)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    }
  });

  it('says that a data directory cannot be used where a file has the place of the database, and leaves the file', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'state'), 'mine');
    await expect(openDatabase(dataDir, silentLog)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    expect(await readdir(dataDir)).toEqual(['state']);
  });

  it.each<[string, (state: string) => Promise<void>]>([
    ['CURRENT is garbage', (state) => writeFile(join(state, 'CURRENT'), 'garbage')],
    ['the manifest is missing', (state) => writeFile(join(state, 'CURRENT'), 'MANIFEST-999999\n')],
    [
      'the manifest is garbage',
      async (state) => {
        for (const name of await readdir(state)) {
          if (name.startsWith('MANIFEST')) await writeFile(join(state, name), 'x'.repeat(50));
        }
      },
    ],
  ])('is repaired where %s', async (_, damage) => {
    const { dataDir, state } = await usedBefore();
    await damage(state);
    const log = new MemoryLog();
    expect(await (await opened(dataDir, log)).get('greeting')).toBe('hello');
    expect(log.lines).toEqual(['warn the database is damaged and is being repaired']);
  });

  it('is moved aside and begun anew where it cannot be repaired', async () => {
    const { dataDir, state } = await usedBefore();
    for (const name of await readdir(state)) {
      await rm(join(state, name));
      if (name.endsWith('.log') || name.endsWith('.ldb')) await mkdir(join(state, name));
    }
    await mkdir(join(state, 'MANIFEST-000001'));
    await writeFile(join(state, 'CURRENT'), 'MANIFEST-000001');
    await mkdir(join(state, '000002.dbtmp'));
    await mkdir(join(state, '000001.dbtmp'));
    const log = new MemoryLog();
    expect(await (await opened(dataDir, log)).get('greeting')).toBeUndefined();
    expect(log.lines.at(-1)).toMatch(/^error .* moved aside/);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('state.broken-'))).toHaveLength(1);
  });
});
