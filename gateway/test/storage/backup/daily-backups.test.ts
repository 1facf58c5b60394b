import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../src/common/log.ts';
import type { Incident } from '../../../src/observability/incident.ts';
import { backUpRunning } from '../../../src/storage/backup/begin-backup.ts';
import { DailyBackups, type DailyBackupsOptions } from '../../../src/storage/backup/daily-backups.ts';
import { KeptBackups } from '../../../src/storage/backup/kept-backups.ts';
import { restoreBackup } from '../../../src/storage/backup/restore-backup.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { greetingIn, usedDirectory } from './used-directory.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = new Date('2026-11-28T12:00').getTime();

const roomOf = (bytes: number) => ({ bytes, isForMessages: true });

interface Stage {
  dataDir: string;
  clock: FakeClock;
  days: DailyBackups;
  reported: Incident[];
  /** Lets so much time pass, and what is begun then come to its end. */
  pass(ms: number): Promise<void>;
  names(): Promise<string[]>;
}

async function opened(options: Partial<DailyBackupsOptions> = {}, clock = new FakeClock(START)): Promise<Stage> {
  const dataDir = await usedDirectory();
  const kept = new KeptBackups(dataDir);
  const reported: Incident[] = [];
  const db = await openDatabase(dataDir, silentLog);
  onTestFinished(() => db.close());
  const days = new DailyBackups({
    ...{ keep: 3, at: '03:00', kept, clock, room: async () => roomOf(1e9), tidy: () => kept.tidy() },
    begin: () => backUpRunning({ dataDir, withObjects: false, clock }, db),
    report: (incident) => reported.push(incident),
    done: () => {},
    ...options,
  });
  onTestFinished(() => days.close());
  return {
    ...{ dataDir, clock, days, reported },
    async pass(ms) {
      clock.advance(ms);
      await days.settled();
    },
    names: async () => (existsSync(kept.folder) ? (await readdir(kept.folder)).sort() : []),
  };
}

describe('the backups of each day', () => {
  it('begin ten minutes after the start, are made once a day, and the oldest go', async () => {
    const { pass, names, reported } = await opened();
    await pass(9 * MINUTE_MS);
    expect(await names()).toEqual([]);
    await pass(MINUTE_MS);
    expect(await names()).toEqual(['daily-000001-2026-11-28.tar']);
    await pass(14 * HOUR_MS);
    expect(await names()).toHaveLength(1);
    await pass(HOUR_MS);
    expect(await names()).toHaveLength(2);
    for (let day = 0; day < 2; day++) await pass(24 * HOUR_MS);
    expect(await names()).toEqual([
      'daily-000002-2026-11-29.tar',
      'daily-000003-2026-11-30.tar',
      'daily-000004-2026-12-01.tar',
    ]);
    expect(reported).toEqual([]);
  });

  it('can be restored', async () => {
    const { dataDir, pass } = await opened();
    await pass(HOUR_MS);
    const other = join(await temporaryFolder(), 'data');
    const path = join(dataDir, 'backups', 'daily-000001-2026-11-28.tar');
    expect((await restoreBackup(path, other, new Date(0))).header).toMatchObject({ createdMs: START + HOUR_MS });
    expect(await greetingIn(other)).toBe('hello');
  });

  it('are made by the time that the gateway has run, and have no date, while the clock is not known to be right', async () => {
    const { clock, pass, names } = await opened();
    clock.trusted = false;
    await pass(HOUR_MS);
    await pass(23 * HOUR_MS);
    expect(await names()).toEqual(['daily-000001.tar']);
    await pass(HOUR_MS);
    expect(await names()).toEqual(['daily-000001.tar', 'daily-000002.tar']);
  });

  it('are not made unless somebody wants them, and what a run that was killed has begun is removed', async () => {
    const { dataDir, pass, names } = await opened({ keep: 0 });
    await mkdir(join(dataDir, 'backups'));
    await writeFile(join(dataDir, 'backups', 'daily-000001.tar.new'), 'half');
    await pass(48 * HOUR_MS);
    expect(await names()).toEqual([]);
  });

  it('that would leave no room for messages are a problem, and are tried again after an hour', async () => {
    let room = 0;
    const { days, pass, names, reported } = await opened({ room: async () => roomOf(room) });
    await pass(HOUR_MS);
    expect(days.fault).toBe(
      'it would leave too little room on the disk for messages, 1 MB are missing: make room, or have fewer kept with backup.keep',
    );
    expect(reported).toMatchObject([
      {
        code: 'BACKUP_FAILED',
        message: `The backup of the day could not be made: ${days.fault}. It is tried again in an hour.`,
      },
    ]);
    expect(await names()).toEqual([]);
    room = 1e9;
    await pass(59 * MINUTE_MS);
    expect(days.fault).toBeDefined();
    await pass(MINUTE_MS);
    expect(days.fault).toBeUndefined();
    expect(await names()).toHaveLength(1);
  });

  it('make room by the oldest, where there are as many as there should be', async () => {
    const dataDir: string[] = [];
    let added = 1e9;
    // The disk has room for those that are kept, and for `added` more.
    const room = async () => roomOf(added + (2 - (await readdir(join(dataDir[0] ?? '', 'backups'))).length) * 30_000);
    const stage = await opened({ keep: 2, room });
    dataDir.push(stage.dataDir);
    await stage.pass(HOUR_MS);
    await stage.pass(24 * HOUR_MS);
    added = 0;
    await stage.pass(24 * HOUR_MS);
    expect(stage.days.fault).toBeUndefined();
    expect(await stage.names()).toEqual(['daily-000002-2026-11-29.tar', 'daily-000003-2026-11-30.tar']);
    // What is missing is more than the oldest has: it stays.
    added = -1e6;
    await stage.pass(24 * HOUR_MS);
    expect(stage.days.fault).toBeDefined();
    expect(await stage.names()).toHaveLength(2);
  });

  it('that are being made when the gateway stops leave nothing', async () => {
    const { days, clock, names, reported } = await opened();
    clock.advance(HOUR_MS);
    await days.close();
    expect(await names()).toEqual([]);
    expect(reported).toEqual([]);
  });
});
