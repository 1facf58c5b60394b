import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, test } from 'vitest';
import { findTool } from '../../../src/transports/flashing/tools.ts';

/** A PATH with a program of this name that says this. */
async function pathWith(name: string, says: string): Promise<string> {
  const folder = await temporaryFolder();
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\necho '${says}'\n`);
  await chmod(file, 0o755);
  return `${folder}:/usr/bin:/bin`;
}

test('picotool is found, and says its version', async () => {
  const PATH = await pathWith('picotool', 'picotool v2.1.1 (Linux, GNU-12.2.0, Release)');
  expect(await findTool('picotool', { PATH })).toMatchObject({ name: 'picotool', version: '2.1.1', major: 2 });
});

test('a picotool that is too old, or says no version, is not used', async () => {
  const old = await pathWith('picotool', 'picotool v1.1.2');
  await expect(findTool('picotool', { PATH: old })).rejects.toThrow('is version 1.1, and at least 2.0 is needed');
  const silent = await pathWith('picotool', 'hello');
  await expect(findTool('picotool', { PATH: silent })).rejects.toThrow('does not say its version ("hello")');
});

test('where picotool is missing, it is said how to get it, and how to do without', async () => {
  const missing = findTool('picotool', { PATH: await temporaryFolder() });
  await expect(missing).rejects.toThrow(
    "Such a board is flashed by picotool, which is not installed on the gateway's machine: sudo apt install picotool, from " +
      'Debian 13 on; or hold BOOTSEL while you plug the board in, and copy the file to the drive that appears.',
  );
  await expect(missing).rejects.toMatchObject({ code: 'FLASH_TOOL_MISSING' });
});
