import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

const XTENSA = join(import.meta.dirname, 'xtensa');
/** Outside of what git sees; what has not changed is not compiled again. */
const BUILD = resolve(import.meta.dirname, '../../../.cache/arduino-xtensa');
const CODEC = ['CborReader', 'CborScanner', 'CborWriter', 'Frame', 'Slip'];
/** A new compiler may make it differ by this much. */
const TOLERANCE = 0.05;

beforeAll(async () => {
  await mkdir(BUILD, { recursive: true });
  await run('flock', [join(BUILD, '.lock'), 'make', '-s', '-j2', '-C', XTENSA, `OUT=${BUILD}`]);
}, 300_000);

describe('the codec of the Arduino library on an lx106, the processor of the ESP8266', { timeout: 60_000 }, () => {
  it('reads and writes the shared vectors', async () => {
    // What failed is on the standard output, which the error of a non-zero end shows.
    const { stdout } = await run('qemu-xtensa', ['-cpu', 'lx106', join(BUILD, 'vectors')]);
    expect(stdout).toMatch(/^[1-9]\d+ passed, 0 failed$/m);
  });

  it('is as large as its page says', async () => {
    const objects = CODEC.map((name) => join(BUILD, `${name}.o`));
    const { stdout } = await run('xtensa-lx106-elf-size', objects);
    const rows = stdout.trim().split('\n').slice(1);
    const bytes = rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[0]), 0);
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const said = Number(/On an lx106[^.]*?([\d,]+) bytes/s.exec(readme)?.[1]?.replaceAll(',', ''));
    expect(Math.abs(bytes - said), `${bytes} bytes`).toBeLessThan(said * TOLERANCE);
  });
});
