import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connect, connectAsync } from 'mqtt';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const UPLOADS = 50;
const KILLS = 6;
const AT_ONCE = 5;
const PIECE_BYTES = 16_384;

interface Answer {
  status: number;
  offset?: number;
  key?: string;
  sha256?: string;
}

/** Numbers from 0 up to but not including 1, the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('a gateway whose plug is pulled during uploads', () => {
  const gateway = new GatewayProcess();
  afterAll(() => gateway.dispose());

  it('brings everything it acknowledged to the store and to its recipient, byte for byte', async () => {
    await gateway.start();
    const mqttUrl = `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`;
    // A client whose inbox waits on disk while it is away.
    const inbox = await connectAsync(mqttUrl, { clientId: 'collector', clean: false });
    await inbox.subscribeAsync('$direct/collector/#', { qos: 1 });
    await inbox.endAsync();

    const random = sequence(11);
    let kills = 0;
    let restarting: Promise<unknown> = Promise.resolve();
    /** Called at every piece that is on its way: the gateway may be anywhere. */
    const maybeKill = (): void => {
      if (kills >= KILLS || random() > 0.04) return;
      kills++;
      restarting = restarting.then(() => gateway.kill()).then(() => gateway.start());
    };
    const acknowledged = new Map<string, Buffer>();
    const sizes = Array.from({ length: UPLOADS }, (_, number) =>
      Math.floor(random() * (number % 10 === 0 ? 2_000_000 : 150_000)),
    );
    const waiting = sizes.entries();
    const worker = async (): Promise<void> => {
      for (const [number, size] of waiting) {
        const content = Buffer.alloc(size, `${number} ${sha256(Buffer.from(String(number)))}`);
        const key = await upload(gateway, `u${number}`, content, maybeKill, () => restarting);
        acknowledged.set(key, content);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await restarting;
    await gateway.kill();
    await gateway.start();
    expect(kills).toBe(KILLS);
    expect(acknowledged.size).toBe(UPLOADS);

    const heard = await collect(mqttUrl, new Set(acknowledged.keys()));
    for (const [key, content] of acknowledged) {
      const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/objects/${key}`);
      expect(sha256(new Uint8Array(await answer.arrayBuffer())), key).toBe(sha256(content));
      expect(heard.get(key)?.size, key).toBe(content.length);
    }
    // A message is said again where the gateway was killed between sending it and noting so, and never otherwise.
    const repeated = [...heard.values()].reduce((sum, { times }) => sum + times - 1, 0);
    expect(repeated).toBeLessThanOrEqual((KILLS + 1) * AT_ONCE);
    expect(gateway.program.errors).not.toMatch(/"level":"error"/);
  }, 180_000);
});

describe('a gateway with files', () => {
  const gateway = new GatewayProcess();
  let url: string;
  let mqttUrl: string;
  const open: { close(): void }[] = [];

  beforeAll(async () => {
    const ready = await gateway.start();
    url = `http://127.0.0.1:${ready.http.port}`;
    mqttUrl = `mqtt://127.0.0.1:${ready.mqtt.port}`;
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await gateway.dispose();
  });

  it('takes one from an MQTT client, and an OOCSI client reads it at the address it is told', async () => {
    const screen = await OocsiClient.connect(gateway.ready.oocsi.port, 'screen');
    open.push(screen);
    const camera = await connectAsync(mqttUrl, { clientId: 'camera' });
    const picture = Buffer.alloc(100_000, 'pixels');
    await camera.publishAsync('$files/screen/image/front door.jpg', picture, { qos: 1 });
    await camera.endAsync();
    const event = await screen.take('screen');
    expect(event).toMatchObject({
      sender: 'camera',
      file: 'front door.jpg',
      fileName: 'front door.jpg',
      kind: 'image',
      object_key: expect.stringMatching(/^cross_comm\/camera\/\d+_[0-9a-f]{8}\.jpg$/),
      size: 100_000,
    });
    const answer = await fetch(String(event.url));
    expect(answer.headers.get('content-disposition')).toBe('inline; filename="front door.jpg"');
    expect(picture.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
  });

  it('says nothing of a picture of which an MQTT client sent less than it meant to', async () => {
    const screen = await OocsiClient.connect(gateway.ready.oocsi.port, 'screen-2');
    open.push(screen);
    const camera = await connectAsync(mqttUrl, { clientId: 'camera-2' });
    const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    await camera.publishAsync('$files/screen-2/image/cut.jpg', picture.subarray(0, -200));
    await camera.publishAsync('$files/screen-2/image/whole.jpg', picture, { qos: 1 });
    await camera.endAsync();
    expect(await screen.take('screen-2')).toMatchObject({ file: 'whole.jpg', size: picture.length });
    const incidents = async (): Promise<object> =>
      ((await (await fetch(`${url}/status`)).json()) as { incidents: object }).incidents;
    await expect.poll(incidents).toMatchObject({ 'mqtt PEER_IMAGE_CUT': 1 });
  });

  it('can be read at any moment after it was acknowledged', async () => {
    for (let round = 0; round < 20; round++) {
      const content = `content ${round}`;
      const answer = await fetch(`${url}/objects/a.txt`, { method: 'PUT', body: content });
      const { key } = (await answer.json()) as { key: string };
      const reads = Array.from({ length: 5 }, async () => (await fetch(`${url}/objects/${key}`)).text());
      expect(new Set(await Promise.all(reads))).toEqual(new Set([content]));
    }
  });

  it('does not grow with the file', async () => {
    const residentBefore = await gateway.residentBytes();
    const bytes = 192 * 2 ** 20;
    const request = httpRequest(`${url}/objects/large.bin`, { method: 'PUT', headers: { 'content-length': bytes } });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    const piece = Buffer.alloc(2 ** 20, 'x');
    const expected = createHash('sha256');
    let residentPeak = 0;
    for (let sent = 0; sent < bytes; sent += piece.length) {
      expected.update(piece);
      residentPeak = Math.max(residentPeak, await gateway.residentBytes());
      if (!request.write(piece)) await once(request, 'drain');
    }
    request.end();
    const [response] = await answered;
    const { sha256: found } = JSON.parse(Buffer.concat(await response.toArray()).toString()) as { sha256: string };
    expect([response.statusCode, found]).toEqual([201, expected.digest('hex')]);
    expect(residentPeak - residentBefore).toBeLessThan(40 * 2 ** 20);
  }, 60_000);
});

describe('a gateway under hostile uploads', () => {
  const gateway = new GatewayProcess({ uploads: { maxReceiving: 100, maxBytes: 4 * 2 ** 20 } });
  let url: string;
  const counts = async () => {
    const status = (await (await fetch(`${url}/status`)).json()) as { uploads: Record<string, unknown> };
    return status.uploads;
  };

  beforeAll(async () => {
    const ready = await gateway.start();
    url = `http://127.0.0.1:${ready.http.port}`;
  });
  afterAll(() => gateway.dispose());

  it('ends an upload that never would, and keeps nothing of it', async () => {
    const whole = `PUT /objects/a?upload=endless HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const socket = connectTcp(gateway.ready.http.port, '127.0.0.1');
    // The gateway hangs up on it, and nobody reads what it was told.
    socket.on('error', () => {});
    socket.resume();
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(whole);
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    while (!socket.destroyed) {
      if (socket.write(chunk)) continue;
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', () => resolve())), closed]);
    }
    await closed;
    const status = async (): Promise<unknown> => (await fetch(`${url}/status`)).json();
    await expect.poll(status).toMatchObject({
      uploads: { receiving: 0, bytes: 0 },
      incidents: { 'http PEER_TOO_LARGE': 1 },
    });
  }, 60_000);

  it('keeps of a thousand uploads that a client begins and leaves as many as it may have, and lets others in', async () => {
    const begin = async (token: string, from: string): Promise<number> => {
      const headers = { 'content-range': 'bytes */1000000' };
      const answer = await fetch(`${url}/objects/a?upload=${token}&from=${from}`, { method: 'PUT', headers });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await begin('first', 'logger')).toBe(202);
    const residentBefore = await gateway.residentBytes();
    const statuses = new Map<number, number>();
    const numbers = Array.from({ length: 1000 }, (_, number) => number).values();
    const worker = async (): Promise<void> => {
      for (const number of numbers) {
        const status = await begin(`t${number}`, 'careless');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect([...statuses]).toEqual([[202, 1000]]);
    // A quarter of all, and the one of the logger, which nobody's carelessness ends.
    expect(await counts()).toMatchObject({ receiving: 26, bytes: 0 });
    expect(await begin('first', 'logger')).toBe(202);
    expect(await counts()).toMatchObject({ receiving: 26 });
    expect((await gateway.residentBytes()) - residentBefore).toBeLessThan(96 * 2 ** 20);
  }, 90_000);
});

/** Uploads by parts until it is acknowledged, whatever happens to the gateway in between; its key. */
async function upload(
  gateway: GatewayProcess,
  token: string,
  content: Buffer,
  onPiece: () => void,
  isBack: () => Promise<unknown>,
): Promise<string> {
  const path = `/objects/${token}.bin?from=sender&to=collector&upload=${token}`;
  const { length } = content;
  let offset = 0;
  for (;;) {
    await isBack();
    const range = offset < length ? `bytes ${offset}-${length - 1}/${length}` : `bytes */${length}`;
    const answer = await part(gateway, path, range, content.subarray(offset), onPiece).catch(() => undefined);
    if (answer?.status === 201 && answer.key !== undefined) {
      expect(answer.sha256).toBe(sha256(content));
      return answer.key;
    }
    // The connection is gone, and so is the gateway, or it is back already: how far had it come?
    await isBack();
    const asked = await part(gateway, path, `bytes */${length}`, Buffer.alloc(0), () => {}).catch(() => undefined);
    if (asked?.status === 201 && asked.key !== undefined) return asked.key;
    offset = asked?.offset ?? 0;
  }
}

async function part(
  gateway: GatewayProcess,
  path: string,
  range: string,
  content: Buffer,
  onPiece: () => void,
): Promise<Answer> {
  const request: ClientRequest = httpRequest({
    port: gateway.ready.http.port,
    path,
    method: 'PUT',
    agent: false,
    headers: { 'content-range': range, 'content-length': content.length },
  });
  // It may be cut off after its answer, too.
  request.on('error', () => {});
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  for (let start = 0; start < content.length; start += PIECE_BYTES) {
    onPiece();
    const isRoom = request.write(content.subarray(start, start + PIECE_BYTES));
    if (!isRoom) await Promise.race([once(request, 'drain'), answered]);
    if (request.destroyed) break;
  }
  request.end();
  const [response] = await answered;
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as Omit<Answer, 'status'>;
  return { ...body, status: response.statusCode ?? 0 };
}

/** The messages that waited for the collector, until every one of these keys was among them. */
async function collect(mqttUrl: string, keys: Set<string>): Promise<Map<string, { size: number; times: number }>> {
  const heard = new Map<string, { size: number; times: number }>();
  const missing = new Set(keys);
  const client = connect(mqttUrl, { clientId: 'collector', clean: false });
  await new Promise<void>((resolve) => {
    client.on('message', (_topic, payload) => {
      const { object_key: key, size } = JSON.parse(payload.toString()) as { object_key: string; size: number };
      heard.set(key, { size, times: (heard.get(key)?.times ?? 0) + 1 });
      missing.delete(key);
      if (missing.size === 0) resolve();
    });
  });
  await client.endAsync();
  return heard;
}
