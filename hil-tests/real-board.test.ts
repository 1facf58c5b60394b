import { chmod, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startBoard } from './support/avr-board.ts';
import { resetByDtr } from './support/flash.ts';
import { LIMITS } from './support/settings.ts';
import { sketchFolder } from './support/sketch-folder.ts';
import { subjects } from './support/subject.ts';

const UNO = { HIL_SERIAL: '/dev/ttyACM7' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-flash-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Puts a program of this name before all others, which writes down its arguments and ends as `body` says. */
async function imitate(program: string, body = ''): Promise<() => Promise<string[]>> {
  const path = join(folder, program);
  const notes = join(folder, 'arguments');
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${notes}'\n${body}\n`);
  await chmod(path, 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  return async () => (await readFile(notes, 'utf8')).trimEnd().split('\n');
}

test('without HIL_SERIAL the subjects are a simulated Uno and a simulated Mega', () => {
  expect(subjects({}).map(({ model, isSimulated }) => [model, isSimulated])).toEqual([
    ['uno', true],
    ['mega', true],
  ]);
});

test('a board of a kind that is not known is refused by its name', () => {
  expect(() => subjects({ ...UNO, HIL_BOARD: 'nano' })).toThrow('HIL_BOARD is "nano"');
});

test.each([
  ['uno', 'atmega328p', 'arduino'],
  ['mega', 'atmega2560', 'wiring'],
])('an %s gets its firmware by avrdude', { timeout: LIMITS.setUp }, async (model, chip, programmer) => {
  const argumentsOf = await imitate('avrdude');
  const [subject] = subjects({ ...UNO, HIL_BOARD: model });
  await subject?.make('uno-println');
  const said = await argumentsOf();
  const target = said.pop() ?? '';
  expect(said).toEqual(['-p', chip, '-c', programmer, '-P', '/dev/ttyACM7', '-b', '115200', '-D', '-U']);
  expect(target).toMatch(/^flash:w:.*uno-println\.hex:i$/);
  const hex = (await readFile(target.slice('flash:w:'.length, -':i'.length), 'ascii')).trimEnd().split(/\r?\n/);
  expect(
    hex.every((line) => /^:([0-9A-F]{2}){5,}$/.test(line)),
    'Intel HEX',
  ).toBe(true);
  expect(hex.at(-1), 'its end').toBe(':00000001FF');
});

test('an ESP32 gets its firmware by arduino-cli, with the library of this repository', async () => {
  const argumentsOf = await imitate('arduino-cli');
  await subjects({ HIL_SERIAL: '/dev/ttyUSB3', HIL_BOARD: 'esp32' })[0]?.make('uno-println');
  const said = await argumentsOf();
  expect(said.slice(0, 4)).toEqual(['compile', '--fqbn', 'esp32:esp32:esp32', '--library']);
  expect(await readFile(join(said[4] ?? '', 'library.properties'), 'utf8')).toContain('name=CrossComm');
  expect(said.slice(5)).toEqual(['--upload', '--port', '/dev/ttyUSB3', sketchFolder('uno-println')]);
});

test('a board that cannot be flashed is told with its port and what the programmer said', async () => {
  await imitate('arduino-cli', 'echo "No device found on /dev/ttyUSB3" >&2; exit 1');
  const [subject] = subjects({ HIL_SERIAL: '/dev/ttyUSB3', HIL_BOARD: 'esp32' });
  await expect(subject?.make('uno-println')).rejects.toThrow('at /dev/ttyUSB3 cannot be used: No device found');
});

test('a programmer that is missing is told with how to install it', async () => {
  vi.stubEnv('PATH', folder);
  const [subject] = subjects({ HIL_SERIAL: '/dev/ttyUSB3', HIL_BOARD: 'esp32' });
  await expect(subject?.make('uno-println')).rejects.toThrow(/arduino-cli is missing.*arduino-cli core install/);
});

test('a real board is plugged in, moved and pulled by the name that the gateway knows it by', async () => {
  await imitate('arduino-cli');
  const [subject] = subjects({ HIL_SERIAL: '/dev/ttyUSB3', HIL_BOARD: 'esp32' });
  const board = await subject?.make('uno-println');
  const [first, second] = [join(folder, 'ttyACM0'), join(folder, 'ttyACM1')];
  await board?.plugIn(first);
  expect(await readlink(first)).toBe('/dev/ttyUSB3');
  await board?.move(second);
  expect(await readlink(second)).toBe('/dev/ttyUSB3');
  await expect(readlink(first)).rejects.toThrow('ENOENT');
  await board?.unplug();
  await expect(readlink(second)).rejects.toThrow('ENOENT');
});

test('a port without a DTR line cannot be reset by it, and says so', { timeout: LIMITS.setUp }, async () => {
  const simulation = await startBoard({ sketch: 'uno-println' });
  try {
    await expect(resetByDtr(simulation.path)).rejects.toThrow('has no DTR line');
  } finally {
    await simulation.unplug();
  }
});
