import type { BigIntStats } from 'node:fs';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ACCOUNTS_LOCK_FILE } from '../common/data-files.ts';
import { ownerOfNew } from './owner.ts';

/** A change takes milliseconds; what is older was left by a process that was killed, and whose number another one has now. */
const STALE_MS = 30_000;
const POLL_MS = 20;

let takenAway = 0;

/**
 * Does `work` while no other command changes the accounts in this data folder, and no gateway reads them at its start. Rejects with the
 * system's error where the folder cannot be written.
 */
export async function withAccountsLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dataDir, ACCOUNTS_LOCK_FILE);
  for (;;) {
    try {
      await take(path, dataDir);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const left = await leftBehind(path);
      if (left === undefined) await delay(POLL_MS);
      else await takeAway(path, left);
    }
  }
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => {});
  }
}

/** Makes the lock, or rejects: with EEXIST where another process has made it. */
async function take(path: string, dataDir: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const owner = await ownerOfNew(dataDir);
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.writeFile(String(process.pid));
  } catch (error) {
    // On a full disk: others need not wait for who has given up.
    await unlink(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** Waits until no command changes the accounts in this data folder. A gateway calls it once its database is locked. */
export async function accountsAreFree(dataDir: string): Promise<void> {
  const path = join(dataDir, ACCOUNTS_LOCK_FILE);
  while ((await leftBehind(path)) === undefined && (await isThere(path))) await delay(POLL_MS);
}

/** A lock as it was seen; one that is made anew has another time, wherever on the disk it is. */
type Lock = Pick<BigIntStats, 'ino' | 'mtimeNs'>;

/** The lock, where no process that still runs holds it; undefined: one does, or it is gone by now. */
async function leftBehind(path: string): Promise<Lock | undefined> {
  try {
    const lock = await stat(path, { bigint: true });
    if (Math.abs(Date.now() - Number(lock.mtimeMs)) > STALE_MS) return lock;
    const text = await readFile(path, 'utf8');
    // Just made, and its number not written yet.
    return text === '' || isAlive(Number(text)) ? undefined : lock;
  } catch {
    // It is gone, or was just made by root, which has not given it to its owner yet.
    return undefined;
  }
}

/** Takes away a lock that was left behind. Another process may have done so, and one of them has the next lock: that one stays. */
async function takeAway(path: string, { ino, mtimeNs }: Lock): Promise<void> {
  const aside = `${path}.${process.pid}-${++takenAway}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await stat(aside, { bigint: true });
  if (moved.ino !== ino || moved.mtimeNs !== mtimeNs) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
