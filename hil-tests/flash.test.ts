import { writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { Place } from '@crosscomm/testing/place';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startBoard } from './support/avr-board.ts';
import { buildSketch } from './support/avr-build.ts';
import { startEspRom } from './support/esp-rom.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { LIMITS } from './support/settings.ts';

/** esptool is one of the Python programs that the tests have. */
const PROGRAMS = resolve(import.meta.dirname, '../.cache/venv/bin');

let devices: FakeDevices;
let place: Place;
let unplug: (() => Promise<void>)[];

beforeEach(async () => {
  devices = await makeFakeDevices();
  vi.stubEnv('PATH', `${process.env.PATH}${delimiter}${PROGRAMS}`);
  place = new Place();
  unplug = [];
});
afterEach(async () => {
  await place.dispose();
  await Promise.all(unplug.map((pull) => pull()));
  vi.unstubAllEnvs();
  await devices.remove();
});

const start = () => place.start({ serial: { deviceDirectory: devices.directory } });

/** Who is online, and where. */
async function isOnline(id: string): Promise<void> {
  const client = async () => (await (await fetch(`${place.url}/api/v1/clients/${id}`)).json()) as { online?: boolean };
  await expect.poll(async () => (await client()).online).toBe(true);
}

/** The token of an account that is made for it. */
async function tokenOf(name: string, role: string): Promise<string> {
  const { out } = await place.run(['account', 'add', name, '--role', role, '--json']);
  return (JSON.parse(out) as { token: string }).token;
}

/** An application for an ESP32, as far as its header tells. */
function application(): Buffer {
  // It compresses by a quarter, so that it is sent compressed, and in several blocks.
  const image = Buffer.alloc(60_000);
  for (let at = 64, state = 1; at < image.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    image[at] = state >>> 26;
  }
  image[0] = 0xe9;
  image.writeUInt32LE(0x40081000, 4);
  image.writeUInt32LE(0xabcd5432, 32);
  return image;
}

async function applicationFile(): Promise<string> {
  const path = join(place.folder, 'lamp.ino.bin');
  await writeFile(path, application());
  return path;
}

test('an Uno gets another sketch by avrdude, and is the client that the new sketch says', {
  timeout: LIMITS.setUp,
}, async () => {
  const sketch = await buildSketch('uno-frames', 'uno', 'hex');
  const port = devices.port('ttyACM0');
  const uno = await startBoard({ sketch: 'uno-println', link: port, resetOnOpen: true, bootLoader: true });
  unplug.push(() => uno.unplug());
  await start();
  await isOnline('serial-SIM-ttyACM0');
  const { code, out, err } = await place.run(['flash', port, sketch]);
  expect(err).toMatch(/^crosscomm: Flashing serial-SIM-ttyACM0 at .*ttyACM0 as uno, \d+ kB, by avrdude \d+\.\d+\.\n/);
  expect(err).toMatch(/writing 100 %\n(?:.*\n)*crosscomm: verifying 100 %\n$/);
  // By the id of its port, or by its own where it has said that already.
  expect(out).toMatch(/^(?:uno-1|serial-SIM-ttyACM0) has the new firmware and is online, after [\d.]+ s\.\n$/);
  expect(code).toBe(0);
  await isOnline('uno-1');
});

test('an ESP32 gets its application by esptool, asked for elsewhere by who may operate', {
  timeout: LIMITS.test,
}, async () => {
  const esp = await startEspRom(devices.port('ttyUSB0'));
  unplug.push(() => esp.unplug());
  await start();
  await isOnline('serial-SIM-ttyUSB0');
  const file = await applicationFile();
  const asOperator = { CROSSCOMM_TOKEN: await tokenOf('boss', 'admin') };
  const asMember = { CROSSCOMM_TOKEN: await tokenOf('lena', 'member') };
  const call = ['flash', 'serial-SIM-ttyUSB0', file, '--json', '--url', place.url];
  const refused = await place.runAs(asMember, call);
  expect(refused.err).toContain('Boards can only be flashed by an account that may operate. [PEER_NOT_ALLOWED]');
  const { out, err, code } = await place.runAs(asOperator, call);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(err).toBe('');
  expect(events[0]).toMatchObject({ is: 'begun', client: 'serial-SIM-ttyUSB0', board: 'esp32', bytes: 60_000 });
  expect(events[0].tool).toMatch(/^esptool \d/);
  expect(events).toContainEqual({ is: 'progress', stage: 'writing', percent: 100 });
  expect(events.at(-1)).toMatchObject({ is: 'done', client: 'serial-SIM-ttyUSB0' });
  expect(code).toBe(0);
  const { address, content } = await esp.flashed();
  expect(address).toBe(0x10000);
  expect(content.subarray(0, 60_000).equals(application())).toBe(true);
});

test('a board that is pulled out and plugged in again meanwhile is left to esptool, which begins anew', {
  timeout: LIMITS.test,
}, async () => {
  const first = await startEspRom(devices.port('ttyUSB0'), { pulledAfter: 2 });
  await start();
  await isOnline('serial-SIM-ttyUSB0');
  const flashing = place.run(['flash', 'serial-SIM-ttyUSB0', await applicationFile()]);
  await first.gone;
  const esp = await startEspRom(devices.port('ttyUSB0'));
  unplug.push(() => esp.unplug());
  const { out, code } = await flashing;
  expect(out).toMatch(/^serial-SIM-ttyUSB0 has the new firmware and is online, after [\d.]+ s\.\n$/);
  expect(code).toBe(0);
  expect((await esp.flashed()).content.subarray(0, 60_000).equals(application())).toBe(true);
});

test('a program that is missing is told with how to install it, and the board stays online', {
  timeout: LIMITS.test,
}, async () => {
  const esp = await startEspRom(devices.port('ttyUSB0'));
  unplug.push(() => esp.unplug());
  await start();
  await isOnline('serial-SIM-ttyUSB0');
  vi.stubEnv('PATH', place.folder);
  const { err, code } = await place.run(['flash', 'serial-SIM-ttyUSB0', await applicationFile()]);
  expect(err).toContain(
    "which is not installed on the gateway's machine: sudo apt install esptool. [FLASH_TOOL_MISSING]",
  );
  expect(code).toBe(2);
  await isOnline('serial-SIM-ttyUSB0');
});
