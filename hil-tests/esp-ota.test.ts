import { createPrivateKey } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Place, type Ran } from '@crosscomm/testing/place';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encodeFirmware, newFirmwareKey, publicPointOf } from '../gateway/src/cli/ota/firmware-file.ts';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { buildEspSketch } from './host/esp-build.ts';
import { LIMITS } from './support/settings.ts';

const SKETCH = join(import.meta.dirname, 'host/sketches/esp-ota');
const LIMIT = { timeout: LIMITS.test };
/** As much as an ESP32 with the usual partitions has room for. */
const PLACE_BYTES = 0x140000;

let place: Place;
let board: EspBoard | undefined;

// The first build takes minutes, on a machine that has much else to do.
beforeAll(() => buildEspSketch(SKETCH, 'esp32'), LIMITS.setUp);
beforeEach(async () => {
  place = new Place();
  for (const name of ['firmware.key', 'next.key', 'foreign.key']) await writeFile(path(name), newFirmwareKey());
  vi.stubEnv('SKETCH_KEY', await pointOf('firmware.key'));
  vi.stubEnv('SKETCH_NEXT_KEY', await pointOf('next.key'));
  await place.start();
});
afterEach(async () => {
  await board?.unplug();
  await place.dispose();
  vi.unstubAllEnvs();
});

const path = (name: string): string => join(place.folder, name);
const keyOf = async (name: string) => createPrivateKey(await readFile(path(name), 'utf8'));
const pointOf = async (name: string) => publicPointOf(await keyOf(name));

async function plugIn(): Promise<void> {
  board = await startEspBoard({ sketch: SKETCH, gateway: { ready: place.listeners }, storage: path('storage') });
}

/** An application for an ESP32 that says its version where ESP-IDF has it. */
function application(version: string, bytes: number): Buffer {
  const image = Buffer.alloc(bytes);
  for (let at = 80, state = 1; at < bytes; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    image[at] = state >>> 24;
  }
  image[0] = 0xe9;
  image.writeUInt32LE(0x40081000, 4);
  image.writeUInt32LE(0xabcd5432, 32);
  image.write(version, 48, 'latin1');
  return image;
}

interface Sending {
  version: string;
  board?: string;
  bytes?: number;
  flags?: string[];
}

async function send({ version, board: kind = 'lamp-board', bytes = 50_000, flags = [] }: Sending): Promise<Ran> {
  await writeFile(path('lamp.ino.bin'), application(version, bytes));
  const call = ['ota', 'send', 'lamp', 'lamp.ino.bin', '--firmware-version', version, '--board', kind];
  return await place.run([...call, ...flags]);
}

test('a board takes newer firmware, begins it once it is whole, and says that it runs', LIMIT, async () => {
  await plugIn();
  const { code, out, err } = await send({ version: '1.4.0', bytes: 200_000 });
  expect(err).toContain('Firmware 1.4.0 for lamp is at the gateway, 201 kB.');
  expect(out).toBe('lamp runs 1.4.0.\n');
  expect(code).toBe(0);
  expect((await readFile(path('storage.runs'))).equals(application('1.4.0', 200_000))).toBe(true);
});

test('a board refuses what is not for it, and what runs stays', LIMIT, async () => {
  await plugIn();
  const refusals: [Sending, string][] = [
    [{ version: '1.4.0', flags: ['--key', 'foreign.key'] }, 'not signed by a key of this board'],
    [{ version: '1.4.0', board: 'pump-board' }, 'for another board'],
    [{ version: '0.9.0' }, 'not newer than what runs'],
    [{ version: '1.0.0' }, 'not newer than what runs'],
    [{ version: '0.9.0', flags: ['--replaces', '1.1.0'] }, 'not newer than what runs'],
    [{ version: '1.4.0', bytes: PLACE_BYTES + 1 }, 'no room for it'],
  ];
  for (const [sending, why] of refusals) {
    const { code, err } = await send(sending);
    expect(err).toContain(`lamp has it refused, as`);
    expect(err).toContain(why);
    expect(code).toBe(2);
  }
  await expect(stat(path('storage.runs'))).rejects.toThrow('ENOENT');
});

test('firmware that was changed after it was signed is not begun', LIMIT, async () => {
  await plugIn();
  const content = encodeFirmware(
    { image: application('1.4.0', 20_000), board: 'lamp-board', version: [1, 4, 0] },
    await keyOf('firmware.key'),
  );
  content[10_000] = (content[10_000] as number) ^ 1;
  const log = async () => await (await fetch(`${place.url}/api/v1/clients/lamp/log`)).text();
  await expect.poll(log).toContain('firmware 1.0.0 runs');
  await fetch(`${place.url}/objects/changed.ccfw?to=lamp&kind=file`, { method: 'PUT', body: new Uint8Array(content) });
  await expect.poll(log).toContain('firmware 1.4.0 refused, as its content is not what was signed');
  await expect(stat(path('storage.runs'))).rejects.toThrow('ENOENT');
});

test(
  'a board that loses its power in the middle runs what it had, and takes all of it once it is back',
  LIMIT,
  async () => {
    await plugIn();
    const sending = send({ version: '1.4.0', bytes: 1_200_000 });
    const written = async () => (await stat(path('storage.next')).catch(() => ({ size: 0 }))).size;
    await expect.poll(written, { interval: 5 }).toBeGreaterThan(50_000);
    await board?.unplug();
    expect(await written()).toBeLessThan(1_200_000);
    await expect(stat(path('storage.runs'))).rejects.toThrow('ENOENT');
    await plugIn();
    expect((await sending).out).toBe('lamp runs 1.4.0.\n');
  },
);

test('firmware waits for a board that is away, and may be older in place of just what runs', LIMIT, async () => {
  await writeFile(path('lamp.ino.bin'), application('0.9.0', 50_000));
  const shell = new TestShell({ cwd: place.folder });
  const call = ['lamp.ino.bin', '--firmware-version', '0.9.0', '--board', 'lamp-board', '--data-dir', place.dataDir];
  const sending = shell.run('ota', 'send', 'lamp', ...call, '--key', 'next.key', '--replaces', '1.0.0');
  await expect.poll(() => shell.stderr.text).toContain('lamp is away; it is waited for.');
  await plugIn();
  expect(await sending).toBe(0);
  expect(shell.stdout.text).toBe('lamp runs 0.9.0.\n');
  const late = new TestShell({ cwd: place.folder });
  expect(await late.run('ota', 'send', 'nobody', ...call, '--wait', '0')).toBe(2);
  expect(late.stderr.text).toContain(
    'nobody is away, so nothing was sent; --wait says how long to wait. [FLASH_FAILED]',
  );
});
