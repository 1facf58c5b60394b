import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tokenFile } from '@crosscomm/client';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, test } from 'vitest';

test('a file keeps a token, for its owner alone, in place of the one before', async () => {
  const path = join(await temporaryFolder(), 'token');
  const memory = tokenFile(path);
  expect(memory.load()).toBeUndefined();
  await memory.store('the first');
  await memory.store('the second');
  expect(memory.load()).toBe('the second');
  expect(await readFile(path, 'utf8')).toBe('the second\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a file that cannot be written is an error, and no token', async () => {
  const memory = tokenFile(join(await temporaryFolder(), 'no', 'folder'));
  await expect(memory.store('a token')).rejects.toThrow('ENOENT');
  expect(memory.load()).toBeUndefined();
});
