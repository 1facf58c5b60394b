import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { buildSketch } from '../../../hil-tests/support/avr-build.ts';

const run = promisify(execFile);

/** The compiler of the Arduino IDE's line, by which the README's sizes are. */
const COMPILER = '5.4.0';
/** What the sketches that measure the library had, by that compiler, when they were last made smaller: none may grow. */
const MOST: Record<string, Size> = {
  'uno-frames': { flash: 10312, memory: 732 },
  'uno-file': { flash: 12190, memory: 1087 },
  'uno-matrix': { flash: 15726, memory: 815 },
  maps: { flash: 11418, memory: 740 },
  delivers: { flash: 13018, memory: 732 },
  everything: { flash: 19668, memory: 848 },
  websocket: { flash: 17946, memory: 1144 },
  mqtt: { flash: 11946, memory: 994 },
};

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
  if (most && (await run('avr-gcc', ['-dumpversion'])).stdout.trim() === COMPILER) {
    expect(size.flash, `flash of ${basename(folder)}`).toBeLessThanOrEqual(most.flash);
    expect(size.memory, `memory of ${basename(folder)}`).toBeLessThanOrEqual(most.memory);
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
