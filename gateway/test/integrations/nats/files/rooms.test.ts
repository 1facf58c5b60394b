import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transportTo } from '@crosscomm/sim';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { FilesClient } from '@crosscomm/testing/files-client';
import type { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { Place } from '@crosscomm/testing/place';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { secretToken } from '@crosscomm/testing/secrets';
import OSS from 'ali-oss';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Name, Rooms, SOON } from '../clients/rooms.ts';

// Files that one of three gateways has are read at the others, by whatever way clients read files.

const BIG = randomBytes(2_500_000);
let rooms: Rooms;
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(() => rooms.close());

/** Stores a file at a gateway; its key. */
async function put(name: Name, content: Uint8Array, query: string, type = 'application/x-test'): Promise<string> {
  const answer = await fetch(`${rooms.at(name).url}/objects/a.bin?${query}`, {
    method: 'PUT',
    body: new Uint8Array(content),
    headers: { 'content-type': type },
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { key: string }).key;
}

function get(name: Name, key: string, init: RequestInit = {}, query = ''): Promise<Response> {
  return fetch(`${rooms.at(name).url}/objects/${key}${query}`, init);
}

async function bytesOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

/** The clients of `Place`, as of a gateway that is a process of its own. */
function processOf({ dataDir, folder, listeners }: Place): GatewayProcess {
  return { dataDir, folder, ready: listeners } as unknown as GatewayProcess;
}

async function ossAt(name: Name): Promise<OSS> {
  const env = await createOssKeys(processOf(rooms.at(name)), 'program');
  return new OSS({
    ...{ endpoint: env.OSS_ENDPOINT, bucket: env.OSS_BUCKET_NAME, region: 'oss-cn-any', sldEnable: true },
    ...{ accessKeyId: env.OSS_ACCESS_KEY_ID as string, accessKeySecret: env.OSS_ACCESS_KEY_SECRET as string },
  } as unknown as OSS.Options);
}

test('whoever is told of a file in another room reads it by the address of its own gateway', async () => {
  const { heard } = await rooms.mqtt('hall', 'screen', ['photos']);
  const { client } = await rooms.mqtt('attic', 'mouth');
  await expect
    .poll(async () => {
      await client.publishAsync('photos', 'try');
      return heard.length;
    }, SOON)
    .toBeGreaterThan(0);
  const key = await put('attic', BIG, 'from=cam&to=photos&kind=image');
  const told = () => heard.map((text) => text.slice('photos '.length)).find((text) => text.includes(key));
  await expect.poll(told, SOON).toBeDefined();
  const { url, size } = JSON.parse(told() ?? '') as { url: string; size: number };
  expect([url.startsWith(rooms.at('hall').url), size]).toEqual([true, BIG.length]);
  expect((await bytesOf(await fetch(url))).equals(BIG)).toBe(true);
});

test('whoever is told of a file while the link is cut hears of it afterwards, once, and reads it', async () => {
  const { heard } = await rooms.mqtt('hall', 'late-screen', ['late-photos']);
  await rooms.way('hall').cut();
  const key = await put('attic', BIG, 'from=cam&to=late-photos&kind=image');
  await rooms.way('hall').mend();
  await expect.poll(() => heard.join(), SOON).toContain(key);
  const answer = async () => (await get('hall', key)).status;
  await expect.poll(answer, SOON).toBe(200);
  expect((await bytesOf(await get('hall', key))).equals(BIG)).toBe(true);
  expect(heard).toHaveLength(1);
});

test('by HTTP, whole and in part, with the same headers as where it is', async () => {
  const key = await put('attic', BIG, 'from=cam');
  const [there, here] = [await get('attic', key), await get('kitchen', key)];
  expect((await bytesOf(here)).equals(await bytesOf(there))).toBe(true);
  for (const name of ['etag', 'content-type', 'content-length', 'content-disposition', 'last-modified']) {
    expect(here.headers.get(name)).toBe(there.headers.get(name));
  }
  const part = await get('kitchen', key, { headers: { range: 'bytes=1000000-1999999' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000000-1999999/${BIG.length}`]);
  expect((await bytesOf(part)).equals(BIG.subarray(1_000_000, 2_000_000))).toBe(true);
  const head = await get('kitchen', key, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(BIG.length));
  const etag = here.headers.get('etag') ?? '';
  expect((await get('kitchen', key, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

test('what was sent to a private channel stays in its room', async () => {
  const den = await rooms.oocsi('attic', 'den-owner');
  den.send('subscribe den:secret');
  await den.settle();
  const key = await put('attic', BIG, 'from=cam&to=den:secret');
  expect((await get('attic', key)).status).toBe(200);
  expect((await get('kitchen', key)).status).toBe(403);
});

test('an image, in another size', async () => {
  const image = await sharp({ create: { width: 64, height: 32, channels: 3, background: '#f00' } })
    .png()
    .toBuffer();
  const key = await put('attic', image, 'from=cam&kind=image', 'image/png');
  const small = await get('hall', key, {}, '?width=16&format=png');
  expect((await sharp(await bytesOf(small)).metadata()).width).toBe(16);
});

test('by OSS and its own clients, with ranges, and what is copied is then at both', async () => {
  const key = await put('attic', BIG, 'from=cam');
  const oss = await ossAt('hall');
  expect((await oss.head(key)).res.headers).toMatchObject({ 'content-length': String(BIG.length) });
  const { content } = await oss.get(key, { headers: { Range: 'bytes=700000-1400000' } } as never);
  expect(content.equals(BIG.subarray(700_000, 1_400_001))).toBe(true);
  await oss.copy('copied', key);
  expect((await oss.get('copied')).content.equals(BIG)).toBe(true);
  await expect(oss.get('nowhere')).rejects.toMatchObject({ status: 404, code: 'NoSuchKey' });
});

test('by frames: a board gets what is sent to it from another room', async () => {
  const url = new URL(rooms.at('kitchen').url.replace('http', 'ws'));
  const board = new FilesClient(transportTo(url).transport, 'board', 5);
  try {
    await rooms.settled('board', 'kitchen');
    const content = BIG.subarray(0, 40_000);
    await put('hall', content, 'from=cam&to=board');
    expect((await board.pull(await board.offered())).equals(content)).toBe(true);
  } finally {
    board.stop();
  }
});

test('an unmodified pywayne client gets what another one sent in another room', { timeout: 60_000 }, async () => {
  const [ann, ben] = await Promise.all([
    joinPywayne(processOf(rooms.at('attic')), 'ann'),
    joinPywayne(processOf(rooms.at('hall')), 'ben'),
  ]);
  try {
    await rooms.settled('ben', 'hall');
    const path = join(rooms.at('attic').folder, 'sent.bin');
    await writeFile(path, BIG);
    ann.command({ do: 'send', content: path, type: 'file', to: 'ben' });
    const { content } = await ben.take('message', { type: 'file' }, 30_000);
    expect((await readFile(String(content))).equals(BIG)).toBe(true);
  } finally {
    await Promise.all([ann.stop(), ben.stop()]);
  }
});

test('what is at a gateway that is away is said to be there, and what is gone is not found', async () => {
  const key = await put('attic', BIG, 'from=cam');
  expect((await get('hall', key)).status).toBe(200);
  rooms.way('attic').blacken();
  await expect
    .poll(async () => {
      const { status, ...answer } = await get('hall', key);
      return [status, answer];
    }, SOON)
    .toEqual([503, expect.anything()]);
  const { error } = (await (await get('hall', key)).json()) as { error: { code: string; message: string } };
  expect(error).toMatchObject({ code: 'OBJECTS_UNAVAILABLE', message: expect.stringMatching(/gateway attic.* away/) });
  await rooms.way('attic').mend();
  await expect.poll(async () => (await get('hall', key)).status, SOON).toBe(200);
  await (await ossAt('attic')).delete(key);
  expect((await get('hall', key)).status).toBe(404);
});

test('whoever may not read it where it is does not read it elsewhere either', async () => {
  const [ann, bob] = [secretToken(), secretToken()];
  const [vault, porch] = [new Place(), new Place()];
  await saveAccounts(vault.dataDir, [accountOf('ann', { token: ann })]);
  await saveAccounts(porch.dataDir, [accountOf('ann', { token: ann }), accountOf('bob', { token: bob })]);
  const cluster = { servers: [rooms.server.url] };
  await vault.start({ auth: { anonymous: 'deny' }, cluster: { ...cluster, gateway: 'vault' } });
  await porch.start({ cluster: { ...cluster, gateway: 'porch' } });
  const as = (name: string, token: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}`,
  });
  try {
    const stored = await fetch(`${vault.url}/objects/a.bin?from=ann`, {
      ...{ method: 'PUT', body: 'x', headers: as('ann', ann) },
    });
    const { key } = (await stored.json()) as { key: string };
    const read = async (headers: Record<string, string> = {}) =>
      (await fetch(`${porch.url}/objects/${key}`, { headers })).status;
    await expect.poll(() => read(as('ann', ann)), SOON).toBe(200);
    expect(await read(as('bob', bob))).toBe(403);
    expect(await read()).toBe(403);
  } finally {
    await Promise.all([vault.dispose(), porch.dispose()]);
  }
});
