import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectAsStated, measure, stated } from './sizes.ts';

/** A new compiler may make it differ by this much, and so may what the serial link is spared. */
const TOLERANCE = 0.1;

it.each([
  ['websocket.ino', 'websocket', 128],
  ['mqtt.ino', 'mqtt', 136],
])('the link of %s costs an Uno what its page says', { timeout: 300_000 }, async (word, folder, bufferBytes) => {
  const serial = await measure('uno-frames');
  const link = await measure(join(import.meta.dirname, '../extras/avr', folder));
  const said = await stated(word);
  expect(said.flash).toBeGreaterThan(0);
  const flash = link.flash - serial.flash;
  const memory = link.memory - serial.memory - bufferBytes;
  await expectAsStated(flash, said.flash, said.flash * TOLERANCE, 'flash');
  await expectAsStated(memory, said.memory, said.memory * TOLERANCE + 8, 'memory');
});
