import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/common/log.ts';
import { restoreBackup } from '../../../src/storage/backup/restore-backup.ts';
import { settleRestore } from '../../../src/storage/backup/take-place.ts';
import { unpackBackup } from '../../../src/storage/backup/unpack.ts';
import { DATA_VERSION, dataVersionOf } from '../../../src/storage/data-version.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { backupOf, FILES, greetingIn, OBJECT_FILES, usedDirectory } from './used-directory.ts';

const NOW = new Date('2026-11-30T09:15:00Z');
const REPLACED = 'replaced-2026-11-30T091500';

async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = Object.keys({ ...FILES, ...OBJECT_FILES }).filter((name) => existsSync(join(folder, name)));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

/** All names below a folder, with what is in files; that with which this process locks the database would be unlocked by closing it. */
async function pictureOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${path.slice(folder.length)} ${entry.isFile() && entry.name !== 'LOCK' ? (await readFile(path)).toString('base64').slice(0, 100) : ''}`;
  });
  return (await Promise.all(lines)).sort();
}

describe('a restore', () => {
  it('puts everything into a new data directory, for this user alone', async () => {
    const path = await backupOf(await usedDirectory());
    const dataDir = join(await temporaryFolder(), 'new', 'data');
    const { header, replaced } = await restoreBackup(path, dataDir, NOW);
    expect([header.withObjects, replaced]).toEqual([true, undefined]);
    expect(await filesIn(dataDir)).toEqual({ ...FILES, ...OBJECT_FILES });
    expect(await greetingIn(dataDir)).toBe('hello');
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'spool'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'spool/one.data'))).mode & 0o777).toBe(0o600);
  });

  it('keeps what it replaces beside it, and leaves alone what is none of its own', async () => {
    const path = await backupOf(await usedDirectory('old'));
    const dataDir = await usedDirectory('new');
    await writeFile(join(dataDir, 'accounts.json'), 'newer accounts');
    await writeFile(join(dataDir, 'roles.json'), 'newer roles');
    await writeFile(join(dataDir, 'reserve'), 'room');
    expect((await restoreBackup(path, dataDir, NOW)).replaced).toBe(REPLACED);
    expect(await greetingIn(dataDir)).toBe('old');
    expect(await filesIn(dataDir)).toEqual({ ...FILES, ...OBJECT_FILES });
    expect(existsSync(join(dataDir, 'roles.json'))).toBe(false);
    expect(existsSync(join(dataDir, 'reserve'))).toBe(true);
    expect(await readFile(join(dataDir, REPLACED, 'accounts.json'), 'utf8')).toBe('newer accounts');
    expect(await readFile(join(dataDir, REPLACED, 'roles.json'), 'utf8')).toBe('newer roles');
    expect(await greetingIn(join(dataDir, REPLACED))).toBe('new');
    expect((await restoreBackup(path, dataDir, NOW)).replaced).toBe(`${REPLACED}-2`);
  });

  it('leaves the objects that are there, where the backup has none', async () => {
    const path = await backupOf(await usedDirectory('old'), { withObjects: false });
    const dataDir = await usedDirectory('new');
    await restoreBackup(path, dataDir, NOW);
    expect(await greetingIn(dataDir)).toBe('old');
    expect(await filesIn(dataDir)).toEqual({ ...FILES, ...OBJECT_FILES });
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill(1, 6000, 6001), /BACKUP_DAMAGED|is damaged/],
    ['cut', (bytes: Buffer) => bytes.subarray(0, -1), /it is not whole/],
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0), /it is no backup/],
  ])('of a file that is %s changes nothing', async (_what, change, reason) => {
    const path = await backupOf(await usedDirectory('old'));
    await writeFile(path, change(await readFile(path)));
    const dataDir = await usedDirectory('new');
    const before = await pictureOf(dataDir);
    await expect(restoreBackup(path, dataDir, NOW)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringMatching(reason),
    });
    expect(await pictureOf(dataDir)).toEqual(before);
  });

  it('is refused while a gateway has the database open', async () => {
    const path = await backupOf(await usedDirectory());
    const dataDir = await usedDirectory('new');
    const db = await openDatabase(dataDir, silentLog);
    const before = await pictureOf(dataDir);
    await expect(restoreBackup(path, dataDir, NOW)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
    expect(await pictureOf(dataDir)).toEqual(before);
    await db.close();
  });

  it('of data of a later version is refused with what to do', async () => {
    const source = await usedDirectory();
    await writeFile(join(source, 'data-version.json'), '{"version": 1, "gateway": "0.1.0"}');
    const path = await backupOf(source);
    expect(DATA_VERSION).toBe(1);
    const forged = await forgedVersion(path);
    await expect(restoreBackup(forged, await temporaryFolder(), NOW)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining('knows versions up to 1: install that version or a later one'),
    });
  });

  it('of data of an earlier version is of that version, whatever it replaces: the next start brings it up to date', async () => {
    const source = await usedDirectory('old');
    await rm(join(source, 'data-version.json'));
    const dataDir = await usedDirectory('new');
    const { header } = await restoreBackup(await backupOf(source), dataDir, NOW);
    expect([header.dataVersion, await dataVersionOf(dataDir)]).toEqual([0, 0]);
    expect(await greetingIn(dataDir)).toBe('old');
  });

  it('puts aside what a gateway made that started in the same moment', async () => {
    const path = await backupOf(await usedDirectory('old'));
    const dataDir = await temporaryFolder();
    await unpackBackup(path, join(dataDir, 'restoring-1'));
    const plan = { step: 'in', unpacked: 'restoring-1', replaced: REPLACED, names: [] };
    await writeFile(join(dataDir, 'restoring.json'), JSON.stringify(plan));
    await (await openDatabase(dataDir, silentLog)).close();
    expect(await settleRestore(dataDir)).toBe(true);
    expect(await greetingIn(dataDir)).toBe('old');
    expect(await readdir(join(dataDir, REPLACED))).toEqual(['state.late']);
  });

  it('that a power cut has interrupted comes to its end, wherever that was', async () => {
    const path = await backupOf(await usedDirectory('old'));
    const ready = await usedDirectory('new');
    // As it is when all is unpacked, and the plan is written.
    const names = [
      'state',
      'spool',
      'data-version.json',
      'accounts.json',
      'links.secret',
      'tls',
      'oss-keys',
      'objects',
    ];
    const unpacked = 'restoring-01234567';
    const plan = { unpacked, replaced: REPLACED, names };
    await unpackBackup(path, join(ready, unpacked));
    const writePlan = (dataDir: string, step: string): Promise<void> =>
      writeFile(join(dataDir, 'restoring.json'), JSON.stringify({ step, ...plan }));
    const steps: ((dataDir: string) => Promise<unknown>)[] = [
      (dataDir) => writePlan(dataDir, 'out'),
      (dataDir) => mkdir(join(dataDir, REPLACED)),
      ...names.map((name) => (dataDir: string) => rename(join(dataDir, name), join(dataDir, REPLACED, name))),
      (dataDir) => writePlan(dataDir, 'in'),
      ...names.map((name) => (dataDir: string) => rename(join(dataDir, unpacked, name), join(dataDir, name))),
      (dataDir) => rm(join(dataDir, unpacked), { recursive: true }),
    ];
    for (let done = 1; done <= steps.length; done++) {
      const dataDir = join(await temporaryFolder(), 'data');
      await cp(ready, dataDir, { recursive: true });
      for (const step of steps.slice(0, done)) await step(dataDir);
      expect(await settleRestore(dataDir), `after ${done} steps`).toBe(true);
      expect(await settleRestore(dataDir)).toBe(false);
      expect((await readdir(dataDir)).sort()).toEqual([...names, REPLACED, 'reserve'].sort());
      expect(await greetingIn(dataDir)).toBe('old');
      expect(await greetingIn(join(dataDir, REPLACED))).toBe('new');
    }
  });
});

/** The same backup, whose header names data of a later version, with the right digest. */
async function forgedVersion(path: string): Promise<string> {
  const bytes = await readFile(path);
  const from = bytes.indexOf('"dataVersion":1');
  bytes.write('"dataVersion":2', from);
  const end = bytes.length - 1024 - 1024;
  bytes.write(createHash('sha256').update(bytes.subarray(0, end)).digest('hex'), end + 512);
  await writeFile(path, bytes);
  return path;
}
