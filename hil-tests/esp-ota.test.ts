import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Place, type Ran } from '@crosscomm/testing/place';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encodeFirmware, newFirmwareKey, publicPointOf, versionOf } from '../gateway/src/cli/ota/firmware-file.ts';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { buildEspSketch, type EspModel } from './host/esp-build.ts';
import { LIMITS } from './support/settings.ts';

const run = promisify(execFile);

const SKETCH = join(import.meta.dirname, 'host/sketches/esp-ota');
const LIMIT = { timeout: LIMITS.test };
/** As much as an ESP32 with the usual partitions has room for. */
const PLACE_BYTES = 0x140000;

let place: Place;
let board: EspBoard | undefined;
/** The program of a board whose power the test cuts at each change of its flash. */
let cuts: string;

// The first build takes minutes, on a machine that has much else to do.
beforeAll(async () => {
  for (const model of ['esp32', 'esp8266'] as const) await buildEspSketch(SKETCH, model);
  cuts = await buildEspSketch(join(import.meta.dirname, 'host/sketches/esp-cuts'), 'esp32');
}, LIMITS.setUp);
beforeEach(async () => {
  place = new Place();
  for (const name of ['firmware.key', 'next.key', 'foreign.key']) await writeFile(path(name), newFirmwareKey());
  vi.stubEnv('SKETCH_KEY', await pointOf('firmware.key'));
  vi.stubEnv('SKETCH_NEXT_KEY', await pointOf('next.key'));
  vi.stubEnv('SKETCH_TRIAL_MS', '300000');
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

async function plugIn(model: EspModel = 'esp32'): Promise<void> {
  const gateway = { ready: place.listeners };
  board = await startEspBoard({ sketch: SKETCH, board: model, gateway, storage: path('storage') });
}

/** An application that says its version where ESP-IDF has it. */
function application(version: string, bytes: number, model: EspModel = 'esp32'): Buffer {
  const image = Buffer.alloc(bytes);
  for (let at = 80, state = 1; at < bytes; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    image[at] = state >>> 24;
  }
  image[0] = 0xe9;
  image.writeUInt32LE(model === 'esp32' ? 0x40081000 : 0x40100000, 4);
  image.writeUInt32LE(0xabcd5432, 32);
  image.write(version, 48, 'latin1');
  return image;
}

interface Sending {
  version: string;
  board?: string;
  bytes?: number;
  flags?: string[];
  model?: EspModel;
}

const SMALL = 50_000;

async function send({ version, board: kind = 'lamp-board', bytes = SMALL, flags = [], model }: Sending): Promise<Ran> {
  await writeFile(path('lamp.ino.bin'), application(version, bytes, model));
  const call = ['ota', 'send', 'lamp', 'lamp.ino.bin', '--firmware-version', version, '--board', kind];
  return await place.run([...call, ...flags]);
}

const log = async (): Promise<string> => await (await fetch(`${place.url}/api/v1/clients/lamp/log`)).text();
const sizeOf = async (name: string): Promise<number> => (await stat(path(name)).catch(() => ({ size: 0 }))).size;

/** Whether the image is what an ESP32 has in the second of its places. */
async function isInPlace(image: Buffer): Promise<boolean> {
  return (await readFile(path('storage.app1'))).subarray(0, image.length).equals(image);
}

test('a board takes newer firmware once it is whole, and older one by force alone', LIMIT, async () => {
  await plugIn();
  const { code, out, err } = await send({ version: '1.4.0', bytes: 200_000 });
  expect(err).toContain('Firmware 1.4.0 for lamp is at the gateway, 201 kB.');
  expect(out).toBe('lamp runs 1.4.0.\n');
  expect(code).toBe(0);
  expect(await isInPlace(application('1.4.0', 200_000))).toBe(true);
  const { out: status } = await place.run(['ota', 'status', '1']);
  expect(status).toMatch(/lamp +runs it/);
  expect((await send({ version: '0.9.0', flags: ['--force'] })).out).toBe('lamp runs 0.9.0.\n');
});

test('a board refuses what is not for it, and what runs stays', LIMIT, async () => {
  await plugIn();
  const refusals: [Sending, string][] = [
    [{ version: '1.4.0', flags: ['--key', 'foreign.key'] }, 'not signed by a key of this board'],
    [{ version: '1.4.0', board: 'pump-board' }, 'for another board'],
    [{ version: '0.9.0' }, 'not newer than what runs'],
    [{ version: '0.9.0', flags: ['--replaces', '1.1.0'] }, 'not newer than what runs'],
    [{ version: '1.4.0', bytes: PLACE_BYTES + 1 }, 'no room for it'],
  ];
  for (const [sending, why] of refusals) {
    const { code, err } = await send(sending);
    expect(err).toContain(`lamp does not run ${sending.version}: refused, as`);
    expect(err).toContain(why);
    expect(code).toBe(2);
  }
  expect((await send({ version: '1.0.0' })).out).toBe('lamp runs 1.0.0: it ran that already.\n');
  await post(await changedFile());
  await expect.poll(log).toContain('firmware 1.4.0 refused, as its content is not what was signed');
  // Sent as any other file, it is none, whatever it is called.
  const body = new Uint8Array(await signedFile('1.6.0'));
  await fetch(`${place.url}/objects/firmware.ccfw?to=lamp&kind=file`, { method: 'PUT', body });
  await board?.lines.waitFor((line) => line === 'another file');
  expect(await log()).not.toContain('1.6.0');
  expect(await sizeOf('storage.otadata')).toBe(0);
});

async function signedFile(version: string, model?: EspModel): Promise<Buffer> {
  const image = application(version, 20_000, model);
  return encodeFirmware({ image, board: 'lamp-board', version: versionOf(version, '') }, await keyOf('firmware.key'));
}

/** Of version 1.4.0, and changed after it was signed. */
async function changedFile(model?: EspModel): Promise<Buffer> {
  const content = await signedFile('1.4.0', model);
  content[10_000] = (content[10_000] as number) ^ 1;
  return content;
}

async function post(content: Buffer): Promise<void> {
  const body = new Uint8Array(content);
  const { status } = await fetch(`${place.url}/api/v1/firmware?client=lamp`, { method: 'POST', body });
  expect(status).toBe(201);
}

test('a board that loses its power in the middle goes on where it was', LIMIT, async () => {
  await plugIn();
  const sending = send({ version: '1.4.0', bytes: 1_200_000 });
  await expect.poll(() => sizeOf('storage.app1'), { interval: 5 }).toBeGreaterThan(300_000);
  await board?.unplug();
  expect(await sizeOf('storage.otadata')).toBe(0);
  const [, kept = ''] = /at=\w+ (\d+)/.exec(await readFile(path('storage'), 'utf8')) ?? [];
  expect(Number(kept)).toBeGreaterThanOrEqual(131_072);
  // What comes again is written again; what is kept is not, and would be missing.
  await truncate(path('storage.app1'), Number(kept));
  await plugIn();
  expect((await sending).out).toBe('lamp runs 1.4.0.\n');
  expect(await isInPlace(application('1.4.0', 1_200_000))).toBe(true);
  expect((await log()).match(/1\.4\.0 is at 1\d %/g) ?? []).toHaveLength(1);
});

test('firmware that does not get online is taken back, and the gateway is told', LIMIT, async () => {
  vi.stubEnv('SKETCH_TRIAL_MS', '100');
  await plugIn();
  const { code, err } = await send({ version: '1.4.13' });
  expect(err).toContain('lamp does not run 1.4.13: refused, as it did not get online');
  expect(code).toBe(2);
  expect(await log()).toContain('firmware 1.4.13 refused');
});

test('firmware whose board loses its power before it is online is taken back', LIMIT, async () => {
  await plugIn();
  const sending = send({ version: '1.4.13' });
  // Begun for the first time.
  await expect
    .poll(async () => (await readFile(path('storage.otadata'), 'utf8').catch(() => '')).trim())
    .toMatch(/ 1$/);
  await board?.unplug();
  await plugIn();
  expect((await sending).err).toContain('lamp does not run 1.4.13: refused, as it did not get online');
});

test('firmware waits at the gateway for a board that is away, also over its restart', LIMIT, async () => {
  const flags = ['--key', 'next.key', '--replaces', '1.0.0', '--wait', '0'];
  const { code, err } = await send({ version: '0.9.0', flags });
  expect(err).toContain('lamp is away. The gateway keeps it');
  expect(code).toBe(0);
  await place.stop();
  await place.start();
  await plugIn();
  await expect.poll(log).toContain('firmware 0.9.0 runs');
  await expect.poll(async () => (await place.run(['ota', 'status', '1'])).out).toMatch(/lamp +runs it/);
});

test(
  'an ESP8266 takes what is signed, and begins anew where its power was cut before all of it was there',
  LIMIT,
  async () => {
    await plugIn('esp8266');
    const wrong = await send({ version: '1.4.0', model: 'esp8266', flags: ['--key', 'foreign.key'] });
    expect(wrong.err).toContain('not signed by a key of this board');
    // All of it is written by then.
    await post(await changedFile('esp8266'));
    await expect.poll(log).toContain('firmware 1.4.0 refused, as its content is not what was signed');
    const sending = send({ version: '1.4.0', bytes: 400_000, model: 'esp8266' });
    await expect.poll(() => sizeOf('storage.next'), { interval: 5 }).toBeGreaterThan(50_000);
    await board?.unplug();
    expect(await sizeOf('storage.runs')).toBe(0);
    await plugIn('esp8266');
    expect((await sending).out).toBe('lamp runs 1.4.0.\n');
    expect((await readFile(path('storage.runs'))).equals(application('1.4.0', 400_000, 'esp8266'))).toBe(true);
  },
);

/** Runs it with this storage until it ends, or until its power is cut after so many changes of the flash. */
async function runUntilCut(storage: string, after?: number): Promise<{ out: string; isCut: boolean }> {
  const env = { IMAGE: path('lamp.ino.bin'), ...(after === undefined ? {} : { HOST_CUT_AFTER: `${after}` }) };
  const ran = run(cuts, ['-n', path(storage)], { env: { ...process.env, ...env } });
  return await ran.then(
    ({ stdout }) => ({ out: stdout, isCut: false }),
    (error: Error & { code?: number; stdout?: string }) => {
      if (error.code !== 9) throw error;
      return { out: error.stdout ?? '', isCut: true };
    },
  );
}

test('whenever its power is cut, a board runs one of the two versions, and can be updated', LIMIT, async () => {
  const image = application('1.4.0', 70_000);
  await writeFile(path('lamp.ino.bin'), image);
  const kept = new Set<string>();
  let isCut = true;
  for (let after = 0; isCut; after++) {
    const storage = `cut-${after}`;
    ({ isCut } = await runUntilCut(storage, after));
    const { out } = await runUntilCut(storage);
    for (const [, size = ''] of out.matchAll(/keeps (\d+)/g)) kept.add(size);
    expect(out, `after ${after} changes`).toMatch(/^(lost 1\.4\.0\n)?runs 1\.[04]\.0\n/);
    expect(out, `after ${after} changes`).toMatch(/runs 1\.4\.0\n$/);
    const place = await readFile(path(`${storage}.app1`));
    expect(place.subarray(0, image.length).equals(image), `after ${after} changes`).toBe(true);
  }
  expect([...kept].sort()).toEqual(['0', '65536']);
});
