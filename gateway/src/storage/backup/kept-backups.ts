import { open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BACKUPS_FOLDER } from '../../common/data-files.ts';
import { makeFolder } from '../owner.ts';
import { type BackupHeader, HEADER_ENTRY, MAX_HEADER_BYTES, readBackupHeader } from './format.ts';
import { BLOCK_BYTES, readTarHeader } from './tar.ts';

/** A backup in the data directory. */
export interface KeptBackup {
  name: string;
  /** Its place in the order of the daily ones; 0 for one that was made before data was taken over by a new version. */
  number: number;
  bytes: number;
  header: BackupHeader;
}

const DAILY = /^daily-(\d{6,})(?:-\d{4}-\d\d-\d\d)?\.tar$/;
const BEFORE = /^before-version-\d+\.tar$/;

/** The folder of backups in a data directory. Methods throw the system's errors. */
export class KeptBackups {
  readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, BACKUPS_FOLDER);
  }

  /** Those that can be read, the newest first, and of the daily ones the last first. */
  async list(): Promise<KeptBackup[]> {
    const kept: KeptBackup[] = [];
    for (const name of await readdir(this.folder).catch(unlessMissing)) {
      const number = numberOf(name);
      if (number === undefined) continue;
      const path = join(this.folder, name);
      const header = await headerOf(path).catch(unlessGone);
      const found = await stat(path).catch(unlessGone);
      if (header && found) kept.push({ name, number, bytes: found.size, header });
    }
    return kept.sort((one, other) => other.number - one.number);
  }

  /** The path for the next daily one, in a folder that is there. `date`: as people write it, where it is known. */
  async next(date: string | undefined): Promise<string> {
    await makeFolder(this.folder);
    const numbers = (await readdir(this.folder)).map((name) => numberOf(name) ?? 0);
    const number = String(Math.max(0, ...numbers) + 1).padStart(6, '0');
    return join(this.folder, `daily-${number}${date === undefined ? '' : `-${date}`}.tar`);
  }

  /** Removes the oldest daily ones, so that `keep` stay. */
  async prune(keep: number): Promise<void> {
    const daily = (await this.list()).filter(({ number }) => number > 0);
    for (const { name } of daily.slice(keep)) await unlink(join(this.folder, name));
  }

  /** Removes what a run that was killed has begun. */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.folder).catch(unlessMissing)) {
      if (name.endsWith('.tar.new')) await unlink(join(this.folder, name)).catch(unlessGone);
    }
  }

  /** The path of one of them; undefined where there is none of that name. */
  async find(name: string): Promise<{ path: string; bytes: number } | undefined> {
    if (numberOf(name) === undefined) return undefined;
    const path = join(this.folder, name);
    const found = await stat(path).catch(unlessGone);
    return found && { path, bytes: found.size };
  }
}

function numberOf(name: string): number | undefined {
  if (BEFORE.test(name)) return 0;
  const digits = DAILY.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What a backup says of itself; undefined where it is none. It is not checked any further. */
async function headerOf(path: string): Promise<BackupHeader | undefined> {
  const file = await open(path, 'r');
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    await file.read(block, 0, BLOCK_BYTES, 0);
    const entry = readTarHeader(block);
    if (entry?.name !== HEADER_ENTRY || entry.size > MAX_HEADER_BYTES) return undefined;
    const content = Buffer.alloc(entry.size);
    await file.read(content, 0, entry.size, BLOCK_BYTES);
    return readBackupHeader(content.toString());
  } finally {
    await file.close();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
