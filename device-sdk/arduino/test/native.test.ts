import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

const NATIVE = join(import.meta.dirname, 'native');
/** Outside of what git sees; what has not changed is not compiled again. */
const CACHE = resolve(import.meta.dirname, '../../../.cache');

describe('the Arduino library, compiled for this computer under sanitizers', () => {
  it.each([
    ['as on large boards', 'arduino-native', ''],
    [
      'as on an AVR, without checks of fields, and with small chunks',
      'arduino-native-small',
      '-DCROSSCOMM_CHECK_FIELDS=0 -DCROSSCOMM_FILE_CHUNK=128 -DCROSSCOMM_FILE_CHUNKS=2',
    ],
  ])('passes its own tests %s', { timeout: 300_000 }, async (_, folder, defines) => {
    const build = join(CACHE, folder);
    await mkdir(build, { recursive: true });
    const args = ['-s', '-j2', '-C', NATIVE, `OUT=${build}`, `DEFINES=${defines}`];
    // Two runs of the tests side by side must not build into each other's objects.
    const make = await run('flock', [join(build, '.lock'), 'make', ...args]);
    expect(make.stderr).toBe('');
    // Its standard output names the tests that failed, and the error of a non-zero end shows it.
    const { stdout } = await run(join(build, 'tests'));
    expect(stdout).toMatch(/^\d+ tests, 0 failed$/m);
  });
});
