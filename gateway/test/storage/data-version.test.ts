import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { openDataDirectory } from '../../src/app/data-directory.ts';
import { restoreBackup } from '../../src/storage/backup/restore-backup.ts';
import { DATA_VERSION, dataVersionOf, migrate } from '../../src/storage/data-version.ts';
import { greetingIn, usedDirectory } from './backup/used-directory.ts';

async function opened(dataDir: string, log = new MemoryLog()): Promise<MemoryLog> {
  const db = await openDataDirectory({ dataDir, log, damaged: (sentence) => expect(sentence).toBe('') });
  await db.close();
  return log;
}

const versionFile = (dataDir: string): string => join(dataDir, 'data-version.json');

describe('the version of a data directory', () => {
  it('is written into a new one', async () => {
    const dataDir = join(await temporaryFolder(), 'data');
    expect(await dataVersionOf(dataDir)).toBeUndefined();
    await opened(dataDir);
    expect(await dataVersionOf(dataDir)).toBe(DATA_VERSION);
    expect(existsSync(join(dataDir, 'backups'))).toBe(false);
  });

  it('of before there was one is raised, with a backup first', async () => {
    const dataDir = await usedDirectory();
    await rm(versionFile(dataDir));
    expect(await dataVersionOf(dataDir)).toBe(0);
    await opened(dataDir);
    expect(await dataVersionOf(dataDir)).toBe(DATA_VERSION);
    const other = join(await temporaryFolder(), 'data');
    await restoreBackup(join(dataDir, 'backups', 'before-version-1.tar'), other, new Date());
    expect(await dataVersionOf(other)).toBe(0);
    expect(await greetingIn(other)).toBe('hello');
    await rm(join(dataDir, 'backups'), { recursive: true });
    await opened(dataDir);
    expect(existsSync(join(dataDir, 'backups'))).toBe(false);
  });

  it('that is later than the gateway is refused, with what to do', async () => {
    const dataDir = await usedDirectory();
    const text = `{"version": ${DATA_VERSION + 1}, "gateway": "7.0.0"}`;
    await writeFile(versionFile(dataDir), text);
    await expect(opened(dataDir)).rejects.toMatchObject({
      code: 'DATA_DIR_NEWER',
      message: expect.stringMatching(
        /a later version of the gateway, 7\.0\.0, .* install that version again, or restore a backup/,
      ),
    });
    expect(await readFile(versionFile(dataDir), 'utf8')).toBe(text);
  });

  it.each(['', '{}', 'null', '{"version": "1"}', '{"version": 1.5}'])(
    'that cannot be read is refused: %s',
    async (text) => {
      const dataDir = await usedDirectory();
      await writeFile(versionFile(dataDir), text);
      await expect(opened(dataDir)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    },
  );

  it('is raised without a backup where there is no room for one, as that changes nothing', async () => {
    const dataDir = await usedDirectory();
    const log = new MemoryLog();
    const backup = (): Promise<void> => Promise.reject(new Error('no space left'));
    await migrate(dataDir, 0, { backup, log });
    expect(log.lines.join()).toContain('no backup could be made. None of it is changed.');
  });
});
