import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { buildSketch } from '../../../hil-tests/support/avr-build.ts';

const run = promisify(execFile);

/** A new compiler may make it differ by this much, and so may what the serial link is spared. */
const TOLERANCE = 0.1;

/** Flash and memory of a sketch on an Uno, in bytes. */
async function measure(folder: string): Promise<[flash: number, memory: number]> {
  const { stdout } = await run('avr-size', [await buildSketch(folder, 'uno')]);
  const [text = 0, data = 0, bss = 0] = stdout.split('\n')[1]?.trim().split(/\s+/).map(Number) ?? [];
  return [text + data, data + bss];
}

it.each([
  ['websocket.ino', 'websocket', 128],
  ['mqtt.ino', 'mqtt', 136],
])('the link of %s costs an Uno what its page says', { timeout: 300_000 }, async (word, folder, bufferBytes) => {
  const serial = await measure('uno-frames');
  const link = await measure(join(import.meta.dirname, '../extras/avr', folder));
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(word)) ?? '';
  const [flash = 0, memory = 0] = row
    .split('|')
    .slice(2, 4)
    .map((cell) => Number(cell.replaceAll(',', '')));
  expect(flash).toBeGreaterThan(0);
  const moreFlash = link[0] - serial[0];
  const moreMemory = link[1] - serial[1] - bufferBytes;
  expect(Math.abs(moreFlash - flash), `${moreFlash} bytes of flash`).toBeLessThan(flash * TOLERANCE);
  expect(Math.abs(moreMemory - memory), `${moreMemory} bytes of memory`).toBeLessThan(memory * TOLERANCE + 8);
});
