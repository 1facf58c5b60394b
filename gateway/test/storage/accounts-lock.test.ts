import { existsSync, readdirSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SmallDisk } from '@crosscomm/testing/small-disk';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { accountsAreFree, withAccountsLock } from '../../src/storage/accounts-lock.ts';

it('lets one change after the other be made, and a gateway start between them', async () => {
  const folder = await temporaryFolder();
  const order: string[] = [];
  const step = async (name: string): Promise<void> => {
    order.push(`${name} begins`);
    await new Promise(setImmediate);
    order.push(`${name} ends`);
  };
  await Promise.all([withAccountsLock(folder, () => step('one')), withAccountsLock(folder, () => step('two'))]);
  expect(order.map((each) => each.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends']);
  await accountsAreFree(folder);
  expect(existsSync(join(folder, 'accounts.lock'))).toBe(false);
});

it('is given up where the work fails', async () => {
  const folder = await temporaryFolder();
  await expect(withAccountsLock(folder, () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
  await accountsAreFree(folder);
});

it.each([
  ['a process that is gone', '4194304', 0],
  ['long ago', String(process.pid), 60],
])('is not kept by what was left by %s', async (_, pid, ageSeconds) => {
  const folder = await temporaryFolder();
  const path = join(folder, 'accounts.lock');
  writeFileSync(path, pid);
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(path, then, then);
  await accountsAreFree(folder);
  expect(await withAccountsLock(folder, async () => 'done')).toBe('done');
});

it('leaves neither the lock nor an open file where the disk is full', async () => {
  const disk = await SmallDisk.mount(await temporaryFolder(), 4);
  onTestFinished(() => disk.dispose());
  disk.fill();
  const openFiles = (): string[] =>
    readdirSync('/proc/self/fd').filter((number) => linkOf(number).endsWith('/accounts.lock'));
  await expect(withAccountsLock(disk.path, async () => 'done')).rejects.toMatchObject({ code: 'ENOSPC' });
  expect([existsSync(join(disk.path, 'accounts.lock')), openFiles()]).toEqual([false, []]);
});

/** What a descriptor of this process is of. */
function linkOf(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}

/** Has many want the lock at once; returns how many had it at the same time, at most. */
async function contend(folder: string): Promise<number> {
  let [inside, most] = [0, 0];
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withAccountsLock(folder, work)));
  return most;
}

it('is had by one at a time where many want it, also one that was left', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'accounts.lock');
  for (let round = 0; round < 4; round++) {
    if (round > 0) writeFileSync(path, '4194304');
    if (round > 1) utimesSync(path, 1, 1);
    expect(await contend(folder)).toBe(1);
  }
  expect(readdirSync(folder)).toEqual([]);
});
