import { open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ACCOUNTS_LOCK_FILE } from '../common/data-files.ts';
import { ownerOfNew } from './owner.ts';

/** A change takes milliseconds; what is older was left by a process that was killed, and whose number another one has now. */
const STALE_MS = 30_000;
const POLL_MS = 20;

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
      if (await isHeld(path)) await delay(POLL_MS);
      else await unlink(path).catch(() => {});
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
  while (await isHeld(path)) await delay(POLL_MS);
}

/** Whether a process that still runs holds it. */
async function isHeld(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Math.abs(Date.now() - mtimeMs) > STALE_MS) return false;
    const text = await readFile(path, 'utf8');
    // Just made, and its number not written yet.
    return text === '' || isAlive(Number(text));
  } catch (error) {
    // Just made by root, which has not given it to its owner yet.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
