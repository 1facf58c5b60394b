import { randomBytes } from 'node:crypto';
import { CommMsgType, CrossCommService } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { EventTrail } from './support/event-trail.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const TIMEOUT_MS = 120_000;
const SIZE = 20_480;

interface Taken {
  bytes: number;
  sum: number;
  code: number;
}

let devices: FakeDevices;
let gateway: GatewayProcess;
let desk: CrossCommService;
let taken: EventTrail<Taken>;
let uno: AvrBoard;

beforeAll(async () => {
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  const { host, port } = gateway.ready.http;
  desk = new CrossCommService({ ip: host, port, clientId: 'desk' });
  await desk.login();
  taken = new EventTrail();
  await desk.subscribe('taken', (what: Taken) => taken.push(what));
}, TIMEOUT_MS);
afterEach(() => uno.unplug());
afterAll(async () => {
  await desk?.logout();
  await gateway?.dispose();
  await devices?.remove();
});

/** Plugs a board in and waits until the gateway knows it. */
async function plugIn(sketch: string, id: string, shiftRegister = false): Promise<void> {
  uno = await startBoard({ sketch, link: devices.port('ttyACM0'), shiftRegister });
  await expect.poll(() => desk.getOnlineClients(), { timeout: TIMEOUT_MS }).toContain(id);
}

/** Waits until the board was sent so many bytes. */
async function untilReceived(bytes: number): Promise<void> {
  const received = async (): Promise<number> => (await uno.status()).received;
  await expect.poll(received, { timeout: TIMEOUT_MS }).toBeGreaterThan(bytes);
}

/** As the sketch `taker` sums. */
function sumOf(content: Uint8Array): number {
  return content.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);
}

describe('an Uno that takes files', () => {
  const taker = `${import.meta.dirname}/sketches/taker`;

  test('gets one of 20 KB, ten times its memory, unchanged, and from the beginning after a reset', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await plugIn(taker, 'taker');
    const content = randomBytes(SIZE);
    expect(await desk.sendMessage(new File([content], 'random.bin'), CommMsgType.FILE, 'taker')).toBe(true);
    await untilReceived(SIZE / 2);
    uno.reset();
    expect(await taken.waitFor(() => true)).toEqual({ bytes: SIZE, sum: sumOf(content), code: 0 });
  });

  test('gets several, one after the other, where one byte in 1,000 is damaged both ways', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await plugIn(taker, 'taker');
    uno.setNoise(1000, 7);
    const contents = [3000, 0, 1, 5000].map((size) => randomBytes(size));
    for (const content of contents) await desk.sendMessage(new File([content], 'a'), CommMsgType.FILE, 'taker');
    for (const content of contents) {
      expect(await taken.waitFor(() => true)).toEqual({ bytes: content.length, sum: sumOf(content), code: 0 });
    }
  });
});

test('an Uno shows the picture that it is sent on a matrix of 8 x 8 LEDs', { timeout: TIMEOUT_MS }, async () => {
  await plugIn('uno-matrix', 'matrix', true);
  const rows = [0x3c, 0x42, 0xa5, 0x81, 0xa5, 0x99, 0x42, 0x3c];
  const pixels = rows.flatMap((row) => Array.from({ length: 8 }, (_, x) => (row & (0x80 >> x) ? 255 : 0)));
  const raw = { width: 8, height: 8, channels: 1 } as const;
  const picture = await sharp(Buffer.from(pixels), { raw }).resize(400, 400, { kernel: 'nearest' }).png().toBuffer();
  const { host, port } = gateway.ready.http;
  const url = `http://${host}:${port}/objects/face.png?to=matrix&kind=image`;
  expect((await fetch(url, { method: 'PUT', body: new Uint8Array(picture) })).status).toBe(201);
  const shown = new Array<number>(8).fill(0);
  await uno.waitFor((event) => {
    const register = event.event === 'shift' ? event.bits >> 8 : 0;
    if (event.event === 'shift' && register >= 1 && register <= 8) shown[register - 1] = event.bits & 0xff;
    return shown.every((row, index) => row === rows[index]);
  });
  expect(shown).toEqual(rows);
});
