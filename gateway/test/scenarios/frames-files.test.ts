import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODES, FILE_KINDS, FITS, IMAGE_FORMATS } from '@crosscomm/protocol';
import { PtyTransport, type Transport, transportTo } from '@crosscomm/sim';
import { FilesClient } from '@crosscomm/testing/files-client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Files take their time where other programs want the same cores.
vi.setConfig({ testTimeout: 60_000 });

const WIRES = ['websocket', 'mqtt', 'serial'] as const;

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-test-'));
const transports: Record<string, Transport> = {};
const clients: FilesClient[] = [];
let gateway: GatewayProcess;
let anna: OocsiClient;

beforeAll(async () => {
  const board = { deviceIds: ['serial-esp'], maxFrame: 65_535, noiseOneIn: 0, random: Math.random };
  transports.serial = await PtyTransport.open({ ...board, folder });
  gateway = new GatewayProcess({ serial: { autoDetect: false, ports: [{ path: join(folder, 'serial-esp') }] } });
  await gateway.start();
  const { http, mqtt, oocsi } = gateway.ready;
  transports.websocket = transportTo(new URL(`ws://127.0.0.1:${http.port}`)).transport;
  transports.mqtt = transportTo(new URL(`mqtt://127.0.0.1:${mqtt.port}`)).transport;
  anna = await OocsiClient.connect(oocsi.port, 'anna');
});

afterAll(async () => {
  for (const client of clients) client.stop();
  anna?.close();
  for (const transport of Object.values(transports)) await transport.stop();
  await gateway?.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A device on one of the wires. */
function connect(wire: string, id = `${wire}-esp`, bootId = 1): FilesClient {
  const client = new FilesClient(transports[wire] as Transport, id, bootId);
  clients.push(client);
  return client;
}

/** What the OOCSI client is told of a file, and its content. */
async function heard(name: string): Promise<{ key: string; sender: string; content: Buffer }> {
  const told = JSON.parse(await anna.takeLine((text) => text.includes(`"file":"${name}"`), 50_000)) as {
    object_key: string;
    sender: string;
    url: string;
    fileName: string;
  };
  const answer = await fetch(told.url);
  expect(answer.status).toBe(200);
  expect([told.fileName, answer.headers.get('content-disposition')]).toEqual([name, `inline; filename="${name}"`]);
  return { key: told.object_key, sender: told.sender, content: Buffer.from(await answer.arrayBuffer()) };
}

describe.each(WIRES)('a device by %s', (wire) => {
  it('sends a file, which is in the store and told of; its connection may break in the middle', async () => {
    const bytes = randomBytes(60_000);
    const device = connect(wire);
    let isCut = false;
    const progress = (stored: number): void => {
      if (stored < bytes.length / 2 || isCut) return;
      isCut = true;
      device.cut();
    };
    const { code, key } = await device.send(bytes, { name: `${wire}.bin`, to: 'anna', progress });
    expect(code).toBe(CODES.ok);
    expect(await heard(`${wire}.bin`)).toEqual({ key, sender: `${wire}-esp`, content: bytes });
    expect(isCut).toBe(true);
    device.stop();
  });

  it('is offered a photo, and gets it as it is and for its display', async () => {
    const create = { width: 320, height: 240, channels: 3, background: '#f00', noise: undefined } as const;
    const photo = await sharp({ create }).png().toBuffer();
    const device = connect(wire);
    const sender = connect('websocket', `${wire}-camera`);
    const { code, key } = await sender.send(photo, { name: 'red.png', kind: FILE_KINDS.image, to: `${wire}-esp` });
    expect(code).toBe(CODES.ok);
    const file = await device.offered();
    expect(file).toMatchObject({ name: 'red.png', kind: FILE_KINDS.image, from: `${wire}-camera`, size: photo.length });
    expect(await device.pull(file)).toEqual(photo);

    await sender.send(photo, { name: 'again.png', kind: FILE_KINDS.image, to: `${wire}-esp` });
    const again = await device.offered();
    const display = { width: 60, height: 40, fit: FITS.cover, format: IMAGE_FORMATS.rgb565 };
    const answer = await device.fetch(again, display);
    if (answer.file === undefined) throw new Error(`no image: code ${answer.code}`);
    const pixels = await device.pull(answer.file);
    expect(pixels).toEqual(Buffer.from('00f8'.repeat(60 * 40), 'hex'));

    const address = `http://127.0.0.1:${gateway.ready.http.port}/objects/${encodeURI(key ?? '')}`;
    const same = await fetch(`${address}?width=60&height=40&fit=cover&format=rgb565`);
    expect([same.status, same.headers.get('x-image-width')]).toEqual([200, '60']);
    expect(Buffer.from(await same.arrayBuffer())).toEqual(pixels);
    device.stop();
    sender.stop();
  });
});

it('an image over HTTP has an ETag and ranges, and says what cannot be', async () => {
  const device = connect('websocket', 'http-esp');
  const photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#00f' } })
    .jpeg()
    .toBuffer();
  const { key } = await device.send(photo, { name: 'blue.jpg', kind: FILE_KINDS.image, to: 'anna' });
  const { key: text } = await device.send(Buffer.from('no image'), { name: 'a.txt', to: 'anna' });
  const base = `http://127.0.0.1:${gateway.ready.http.port}/objects/`;
  const ask = (what: string | null, query: string, headers = {}) =>
    fetch(`${base}${encodeURI(what ?? '')}?${query}`, { headers });

  const whole = await ask(key, 'width=8&height=8&format=mono&fit=contain');
  const etag = whole.headers.get('etag') ?? '';
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  const rows = Buffer.from(await whole.arrayBuffer());
  expect(rows).toHaveLength(8);
  const part = await ask(key, 'width=8&height=8&format=mono', { range: 'bytes=2-3' });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 2-3/8']);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(rows.subarray(2, 4));
  expect((await ask(key, 'width=8&height=8&format=mono', { 'if-none-match': etag })).status).toBe(304);
  const jpeg = await ask(key, 'width=32');
  expect(await sharp(Buffer.from(await jpeg.arrayBuffer())).metadata()).toMatchObject({ format: 'jpeg', height: 24 });

  for (const [what, query, status, code] of [
    [key, 'width=0', 400, 'PEER_MALFORMED'],
    [key, 'width=4000&height=4000&format=rgb565', 422, 'PEER_TOO_LARGE'],
    [text, 'width=8', 422, 'PEER_MALFORMED'],
    ['nothing', 'width=8', 404, 'PEER_NOT_FOUND'],
  ] as const) {
    const refused = await ask(what, query);
    expect([refused.status, await refused.json()]).toMatchObject([status, { error: { code } }]);
  }
  device.stop();
});

it('a device that is reset while the gateway is killed sends the rest, and whom it is for hears of it once', async () => {
  const bytes = randomBytes(200_000);
  const before = connect('websocket', 'uno', 1);
  const half = new Promise<void>((resolve) => {
    const progress = (stored: number): void => {
      if (stored > bytes.length / 3) resolve();
    };
    void before.send(bytes, { name: 'log.bin', to: 'anna', progress });
  });
  await half;
  await gateway.kill();
  before.stop();
  await gateway.start();
  anna = await OocsiClient.connect(gateway.ready.oocsi.port, 'anna');

  const after = connect('websocket', 'uno', 2);
  const stored: number[] = [];
  const progress = (at: number): void => void stored.push(at);
  const { code } = await after.send(bytes, { name: 'log.bin', to: 'anna', progress });
  expect(code).toBe(CODES.ok);
  expect(stored[0]).toBeGreaterThan(bytes.length / 3);
  expect((await heard('log.bin')).content).toEqual(bytes);
  anna.send('subscribe nothing');
  await anna.settle();
  expect(anna.kept.filter((line) => line.includes('"file"'))).toEqual([]);
  after.stop();
});
