import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildSketch } from '../../../hil-tests/support/avr-build.ts';

const run = promisify(execFile);

/** Of CrossComm<> on an AVR: what it receives into, its outbox, and its table of 6 channels. */
const BUFFER_BYTES = 96 + 2 + 128 + 6 * 5;
/** What a sketch that sends and receives may cost, whatever its page says. */
const MOST_FLASH = 7 * 1024;
const MOST_MEMORY = 350;
/** A new compiler, or a core of another version, may make it differ by this much. */
const TOLERANCE = 0.02;

/** Flash and memory of a sketch on an Uno, in bytes. */
async function measure(folder: string): Promise<{ flash: number; memory: number }> {
  const { stdout } = await run('avr-size', [await buildSketch(folder, 'uno')]);
  const [text = 0, data = 0, bss = 0] = stdout.split('\n')[1]?.trim().split(/\s+/).map(Number) ?? [];
  return { flash: text + data, memory: data + bss };
}

/** The numbers of the README's table, in the row that has `word`. */
async function stated(word: string): Promise<{ flash: number; memory: number }> {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(word)) ?? '';
  const [flash = 0, memory = 0] = row
    .split('|')
    .slice(2)
    .map((cell) => Number(cell.replaceAll(',', '')));
  return { flash, memory };
}

describe('the Arduino library on an Uno', () => {
  it.each([
    ['uno-frames', 'uno-frames'],
    ['uno-file', 'uno-file'],
    ['uno-matrix', 'uno-matrix'],
    ['maps.ino', join(import.meta.dirname, '../extras/avr/maps')],
    ['delivers.ino', join(import.meta.dirname, '../extras/avr/delivers')],
    ['everything.ino', join(import.meta.dirname, '../extras/avr/everything')],
  ])('costs with %s what its page says', { timeout: 120_000 }, async (word, folder) => {
    const bare = await measure(join(import.meta.dirname, '../extras/avr/bare'));
    const sketch = await measure(folder);
    const said = await stated(word);
    const flash = sketch.flash - bare.flash;
    const memory = sketch.memory - bare.memory - BUFFER_BYTES;
    expect(said.flash).toBeGreaterThan(0);
    expect(Math.abs(flash - said.flash), `${flash} bytes of flash`).toBeLessThan(said.flash * TOLERANCE);
    expect(Math.abs(memory - said.memory), `${memory} bytes of memory`).toBeLessThan(said.memory * TOLERANCE + 8);
    if (folder === 'uno-frames') {
      expect(flash).toBeLessThanOrEqual(MOST_FLASH);
      expect(memory).toBeLessThanOrEqual(MOST_MEMORY);
    }
  });
});
