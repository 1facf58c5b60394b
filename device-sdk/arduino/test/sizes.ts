import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { buildSketch } from '../../../hil-tests/support/avr-build.ts';

const run = promisify(execFile);

/** The compiler of the Arduino IDE's line, by which the README's sizes are. */
const COMPILER = '5.4.0';
/** What the sketches that measure the library had, by that compiler, when they were last made smaller: none may grow (by another, 5 %). */
const MOST: Record<string, Size> = {
  'uno-frames': { flash: 9524, memory: 596 },
  'uno-file': { flash: 11676, memory: 965 },
  'uno-matrix': { flash: 14942, memory: 701 },
  maps: { flash: 10624, memory: 608 },
  shaped: { flash: 11394, memory: 610 },
  delivers: { flash: 12414, memory: 604 },
  everything: { flash: 19302, memory: 788 },
  websocket: { flash: 17694, memory: 1039 },
  mqtt: { flash: 11692, memory: 887 },
};

const isByCompiler = run('avr-gcc', ['-dumpversion']).then(
  ({ stdout }) => stdout.trim() === COMPILER,
  () => false,
);

/**
 * Fails where a size, in bytes, is not the one on the page, give or take `tolerance`. That is by one compiler only; by others, such as that
 * of Debian 13, `measure` holds whole sketches to what they were by that one.
 */
export async function expectAsStated(size: number, stated: number, tolerance: number, of: string): Promise<void> {
  if (!(await isByCompiler)) return;
  expect(Math.abs(size - stated), `${of}: ${size} bytes, on the page ${stated}`).toBeLessThanOrEqual(tolerance);
}

export interface Size {
  flash: number;
  memory: number;
}

/**
 * Flash and memory of a sketch on an Uno, in bytes, as arduino-cli says them; `folder` as for `buildSketch`. A sketch that
 * is larger than it was fails the test.
 */
export async function measure(folder: string): Promise<Size> {
  const { stdout } = await run('avr-size', [await buildSketch(folder, 'uno')]);
  const [text = 0, data = 0, bss = 0] = stdout.split('\n')[1]?.trim().split(/\s+/).map(Number) ?? [];
  const size = { flash: text + data, memory: data + bss };
  const most = MOST[basename(folder)];
  if (most) {
    const tolerance = (await isByCompiler) ? 1 : 1.05;
    expect(size.flash, `flash of ${basename(folder)}`).toBeLessThanOrEqual(most.flash * tolerance);
    expect(size.memory, `memory of ${basename(folder)}`).toBeLessThanOrEqual(most.memory * tolerance);
  }
  return size;
}

/** The two numbers of the row of the README's tables that has `word`; 0 where there is none. */
export async function stated(word: string): Promise<Size> {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(word)) ?? '';
  const [flash = 0, memory = 0] = row
    .split('|')
    .slice(2)
    .map((cell) => Number(cell.replaceAll(',', '')));
  return { flash, memory };
}
