import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RESTORING_FILE } from '../../common/data-files.ts';
import { withAccountsLock } from '../accounts-lock.ts';
import { replaceFile, syncFolder } from '../atomic-file.ts';
import type { Owner } from '../owner.ts';

/** What is written down before anything is moved, so that whoever comes next can go on after a power cut. */
interface Plan {
  /** First what is there goes out, then what was unpacked comes in. */
  step: 'out' | 'in';
  /** Folders in the data directory: where the files of the backup are, and where those that they replace go. */
  unpacked: string;
  replaced: string;
  /** What goes out. */
  names: string[];
  /** Whose the folder of what goes out is; undefined: of whoever makes it. */
  owner?: Owner | undefined;
}

/** What the folders begin with into which backups are unpacked. */
export const UNPACKED_PREFIX = 'restoring-';

/** Whether a backup is taking the place of what is in the data directory, or was when the power was cut. */
export function isBeingRestored(dataDir: string): boolean {
  return existsSync(join(dataDir, RESTORING_FILE));
}

/**
 * Puts what was unpacked into the place of what is in the data directory, which is kept in the folder `replaced`. From the first write on
 * this is certain to come to its end, at the latest when a gateway or a command uses the data directory again. Whoever calls it holds the
 * lock of the accounts.
 *
 * @param isInUse asked when whoever starts a gateway can see that it must wait
 * @returns false, and nothing is changed, where the directory is in use
 */
export async function takePlace(
  dataDir: string,
  plan: Omit<Plan, 'step'>,
  isInUse: () => Promise<boolean>,
): Promise<boolean> {
  await writePlan(dataDir, { ...plan, step: 'out' });
  if (await isInUse()) {
    await unlink(join(dataDir, RESTORING_FILE));
    return false;
  }
  await goOn(dataDir);
  return true;
}

/** Brings a restore to its end that a power cut has interrupted. Returns true if there was one. */
export async function settleRestore(dataDir: string): Promise<boolean> {
  if (!isBeingRestored(dataDir)) return false;
  return await withAccountsLock(dataDir, () => settleLocked(dataDir));
}

/** The same for whoever holds the lock of the accounts. */
export async function settleLocked(dataDir: string): Promise<boolean> {
  if (!isBeingRestored(dataDir)) return false;
  await goOn(dataDir);
  return true;
}

/** Removes what interrupted restores have unpacked for nothing. */
export async function removeUnpacked(dataDir: string): Promise<void> {
  if (isBeingRestored(dataDir)) return;
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(UNPACKED_PREFIX)) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

/** Each step may have been done in part. */
async function goOn(dataDir: string): Promise<void> {
  const plan = JSON.parse(await readFile(join(dataDir, RESTORING_FILE), 'utf8')) as Plan;
  const unpacked = join(dataDir, plan.unpacked);
  const replaced = join(dataDir, plan.replaced);
  if (plan.step === 'out') {
    if (plan.names.length > 0) await mkdir(replaced, { recursive: true, mode: 0o700 });
    if (plan.names.length > 0 && plan.owner) await chown(replaced, plan.owner.uid, plan.owner.gid);
    for (const name of plan.names) await rename(join(dataDir, name), join(replaced, name)).catch(unlessGone);
    await syncFolder(replaced);
    await syncFolder(dataDir);
    await writePlan(dataDir, { ...plan, step: 'in' });
  }
  for (const name of await readdir(unpacked).catch(unlessGone)) {
    await clear(join(dataDir, name), join(replaced, `${name}.late`));
    await rename(join(unpacked, name), join(dataDir, name));
  }
  await syncFolder(dataDir);
  await rmdir(unpacked).catch(unlessGone);
  await unlink(join(dataDir, RESTORING_FILE));
  await syncFolder(dataDir);
}

/** Puts aside what a gateway has made anew that started in the same moment, before it saw that it must not. */
async function clear(path: string, aside: string): Promise<void> {
  if (!existsSync(path)) return;
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
  await rm(aside, { recursive: true, force: true });
  await rename(path, aside).catch(unlessGone);
}

function writePlan(dataDir: string, plan: Plan): Promise<void> {
  return replaceFile(join(dataDir, RESTORING_FILE), `${JSON.stringify(plan)}\n`);
}

function unlessGone(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}
