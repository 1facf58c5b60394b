import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CODES } from '@crosscomm/protocol';
import { transportTo } from '@crosscomm/sim';
import { FilesClient } from '@crosscomm/testing/files-client';
import { FullDisk, type Fullness } from '@crosscomm/testing/full-disk/full-disk';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects, sha256 } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const SIZE = 60_000;

describe('a gateway whose disk is full', () => {
  let disk: FullDisk;
  let gateway: GatewayProcess;
  let here: HttpObjects;
  let device: FilesClient;
  let camera: MqttClient;
  let anna: OocsiClient;
  let stopWire = async (): Promise<void> => {};
  /** The digests of what was acknowledged. */
  const acknowledged = new Map<string, string>();

  beforeAll(async () => {
    disk = await FullDisk.build();
    gateway = new GatewayProcess({}, disk.env);
    here = new HttpObjects(gateway);
    await gateway.start();
    const url = `ws://127.0.0.1:${gateway.ready.http.port}`;
    const { transport } = transportTo(new URL(url));
    stopWire = () => transport.stop();
    device = new FilesClient(transport, 'esp', 1);
    const options = { clientId: 'camera', reconnectPeriod: 100 };
    camera = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, options);
    anna = await OocsiClient.connect(gateway.ready.oocsi.port, 'anna');
  });
  afterAll(async () => {
    device?.stop();
    camera?.end(true);
    anna?.close();
    await stopWire();
    await gateway?.dispose();
    disk?.dispose();
  });

  const keep = async (content: Uint8Array, key: Promise<string>): Promise<void> => {
    acknowledged.set(await key, sha256(content));
  };
  const heard = async (name: string): Promise<string> => {
    const line = await anna.takeLine((text) => text.includes(`"file":"${name}"`), 20_000);
    return (JSON.parse(line) as { object_key: string }).object_key;
  };
  const readAll = async (): Promise<void> => {
    for (const [key, digest] of acknowledged) expect(await here.read(key)).toBe(digest);
  };

  it.each<[string, Fullness]>([
    ['before the first byte of an upload', { calls: 'w', path: '/spool/' }],
    ['in the middle of one', { calls: 'wt', roomBytes: SIZE / 3, path: '/spool/' }],
    ['at its end, when it is synced', { calls: 's', path: '.data' }],
    ['when its record is written', { calls: 'w', path: '.json' }],
    ['when its record is synced', { calls: 's', path: '.json' }],
    ['in all of its files', { calls: 'wst', path: '/data/' }],
  ])('says so %s, keeps what it has, serves everybody, and goes on when there is room', async (what, fullness) => {
    const number = String(acknowledged.size);
    const content = randomBytes(SIZE);
    await keep(content, here.put(content));
    disk.fill(fullness);

    const whole = await here.send(content);
    expect(whole.status, what).toBe(507);
    expect(await whole.json()).toMatchObject({ error: { code: 'OBJECTS_FULL' } });
    const named = `from=sender&upload=u${number}&to=anna`;
    expect((await here.send(content, named)).status).toBe(507);
    const disconnected = new Promise<void>((resolve) => camera.once('close', () => resolve()));
    const published = camera.publishAsync(`$files/anna/file/mqtt${number}`, Buffer.from(content), { qos: 1 });
    await disconnected;
    expect(await device.send(content, { name: `frame${number}`, to: 'anna' })).toMatchObject({
      code: CODES.storage_full,
    });
    await anna.settle();
    await readAll();

    disk.free();
    await keep(content, here.put(content, named));
    await published;
    await keep(content, heard(`mqtt${number}`));
    expect(await device.send(content, { name: `frame${number}`, to: 'anna' })).toMatchObject({ code: CODES.ok });
    await keep(content, heard(`frame${number}`));
    await readAll();
    await vi.waitFor(async () => expect(await here.list()).toMatchObject({ waiting: 0, fault: null, uploads: [] }));
    const spooled = (): string[] =>
      readdirSync(join(gateway.dataDir, 'spool')).filter((name) => name.endsWith('.data'));
    await expect.poll(spooled).toEqual([]);
  });

  it('lets an upload begin anew whose content could not be synced, though it can be read', async () => {
    const content = randomBytes(SIZE);
    const named = 'from=sender&upload=unsynced';
    disk.fill({ calls: 's', path: '.data' });
    expect((await here.send(content, named)).status).toBe(507);
    disk.free();
    const headers = { 'content-range': `bytes */${SIZE}` };
    const asked = await fetch(`${here.url}/objects/a.bin?${named}`, { method: 'PUT', headers });
    expect(await asked.json()).toEqual({ offset: 0 });
    await keep(content, here.put(content, named));
  });

  it('has everything it acknowledged after a power cut, also what was to be kept after its database ran out of room', async () => {
    const content = randomBytes(SIZE);
    await keep(content, here.put(content));
    const mqttUrl = `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`;
    const keeper = await connectAsync(mqttUrl, { clientId: 'keeper', reconnectPeriod: 100 });
    // The first record of the database that does not fit is written in part.
    disk.fill({ calls: 'w', roomBytes: 20, path: '/state/' });
    const disconnected = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
    const kept = [keeper.publishAsync('kept/first', 'x', { qos: 1, retain: true })];
    await disconnected;
    await gateway.program.errorLine(/"who":"keeper","code":"(DATA_DIR_UNUSABLE)".*could not be written/);
    disk.free();
    for (const name of ['second', 'third'])
      kept.push(keeper.publishAsync(`kept/${name}`, 'x', { qos: 1, retain: true }));
    await Promise.all(kept);
    keeper.end(true);

    await gateway.kill();
    await gateway.start();
    await readAll();
    const reader = await connectAsync(mqttUrl, { clientId: 'reader' });
    const found: string[] = [];
    reader.on('message', (topic) => found.push(topic));
    await reader.subscribeAsync('kept/#');
    await vi.waitFor(() => expect(found.toSorted()).toEqual(['kept/first', 'kept/second', 'kept/third']));
    reader.end(true);
  });
});
