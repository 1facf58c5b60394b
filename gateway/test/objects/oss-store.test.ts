import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { digestFile } from '../../src/objects/content/digests.ts';
import { checkpointOf } from '../../src/objects/remote/checkpoint.ts';
import { OssStore, type OssStoreOptions } from '../../src/objects/remote/oss-store.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, REGION } from '../oss/support.ts';
import { body, contentOf, read } from './support.ts';

const PART_BYTES = 102_400;

function open(house: EndpointHouse, options: Partial<OssStoreOptions> = {}): OssStore {
  const store = new OssStore({
    endpoint: house.url,
    bucket: BUCKET,
    region: REGION,
    addressing: 'path',
    accessKeyId: house.key.id,
    accessKeySecret: house.key.secret,
    timeoutMs: 10_000,
    partBytes: PART_BYTES,
    clock: systemClock,
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

/** A complete file as the spool has them. */
async function spooled(content: Uint8Array) {
  const path = join(await temporaryFolder(), '1.data');
  await writeFile(path, content);
  return { path, id: '1', digests: await digestFile(path, content.length, { withMd5: false }) };
}

describe('a store in OSS', () => {
  it.each([
    ['small', 5000],
    ['in parts', 3 * PART_BYTES + 17],
    ['empty', 0],
  ])('takes over an object that is %s, and gives it out', async (_what, size) => {
    const house = await buildEndpoint();
    const store = open(house);
    const content = randomBytes(size);
    const key = 'cross_comm/anna/1 Grüße+%.bin';
    const info = await store.adopt(key, await spooled(content), {
      contentType: 'image/png',
      metadata: { name: 'Grüße.png', kind: 'image' },
    });
    expect(info).toMatchObject({
      key,
      size,
      contentType: 'image/png',
      metadata: { name: 'Grüße.png', kind: 'image' },
      crc64: (await house.store.head(key))?.crc64,
    });
    expect(await store.head(key)).toEqual(info);
    const opened = await store.open(key);
    expect(opened && (await contentOf(opened.stream)).equals(content)).toBe(true);
    if (size > 10) {
      const part = await store.open(key, { start: 2, end: 9 });
      expect(part && (await contentOf(part.stream)).equals(content.subarray(2, 10))).toBe(true);
    }
    expect(await store.remove(key)).toBe(true);
    expect(await store.remove(key)).toBe(false);
    expect(await store.head(key)).toBeUndefined();
    expect(await store.open(key)).toBeUndefined();
  });

  it('lists in pages, with prefixes told once', async () => {
    const house = await buildEndpoint();
    for (const key of ['a', 'b/1', 'b/2', 'c', 'd/1', 'é']) await house.store.write(key, body(key));
    const store = open(house);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({ delimiter: '/', limit: 2, ...(after === undefined ? {} : { after }) });
      found.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      after = page.next;
    } while (after !== undefined);
    expect(found.toSorted()).toEqual(['a', 'b/', 'c', 'd/', 'é']);
    expect((await store.list({ prefix: 'b/', limit: 10 })).objects.map(({ key, size }) => [key, size])).toEqual([
      ['b/1', 3],
      ['b/2', 3],
    ]);
  });

  it('does not send again what an earlier attempt has brought there', async () => {
    const house = await buildEndpoint();
    const file = await spooled(Buffer.from('hello'));
    await open(house).adopt('a', file, {});
    const before = await house.store.head('a');
    house.clock.advance(60_000);
    await open(house).adopt('a', file, {});
    expect(await house.store.head('a')).toEqual(before);
  });

  it('goes on with the part at which it broke off', async () => {
    const house = await buildEndpoint();
    const content = randomBytes(8 * PART_BYTES);
    const file = await spooled(content);
    const proxy = await openProxy(house.port);
    const options = { endpoint: proxy.url, timeoutMs: 5000 };
    proxy.limitBytes = 5 * PART_BYTES;
    await expect(open(house, options).adopt('a', file, {})).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(checkpointOf(file.path))).toBe(true);
    proxy.limitBytes = Number.POSITIVE_INFINITY;
    proxy.passedBytes = 0;
    await open(house, options).adopt('a', file, {});
    expect(proxy.passedBytes).toBeLessThan(content.length);
    const opened = await house.store.open('a');
    expect(opened && (await contentOf(opened.stream)).equals(content)).toBe(true);
    expect(existsSync(checkpointOf(file.path))).toBe(false);
  });

  it('begins a large object anew where the parts are gone', async () => {
    const house = await buildEndpoint();
    const file = await spooled(randomBytes(3 * PART_BYTES));
    const store = open(house);
    await writeFile(
      checkpointOf(file.path),
      JSON.stringify({
        file: file.path,
        name: 'a',
        fileSize: file.digests.size,
        partSize: PART_BYTES,
        uploadId: '0'.repeat(32),
        doneParts: [],
      }),
    );
    await expect(store.adopt('a', file, {})).rejects.toMatchObject({ code: 'unavailable' });
    expect((await store.adopt('a', file, {})).size).toBe(3 * PART_BYTES);
  });

  it('is not content with an answer of 200: it looks at what has arrived', async () => {
    const house = await buildEndpoint();
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        // As OSS did to clients whose clock was wrong: all is well, and the object is empty.
        response.writeHead(200, {
          'content-length': 0,
          'last-modified': new Date().toUTCString(),
          etag: '"0"',
          'x-oss-hash-crc64ecma': '0',
        });
        response.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const file = await spooled(Buffer.from('hello'));
    await expect(open(house, { endpoint }).adopt('a', file, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/not what was sent/),
    });
    expect(existsSync(file.path)).toBe(true);
  });

  it('says whose fault it is where it cannot be used', async () => {
    const house = await buildEndpoint();
    const file = await spooled(Buffer.from('hello'));
    const failing = (options: Partial<OssStoreOptions>) => open(house, options).adopt('a', file, {});
    await expect(failing({ accessKeySecret: 'wrong' })).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(failing({ endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(failing({ clock: { ...systemClock, isTrusted: () => false } })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/clock/),
    });
    expect(await read(house.store, 'a')).toBeUndefined();
  });
});

/** A proxy that cuts every connection once so many bytes have gone to the server, together. */
async function openProxy(port: number) {
  const sockets = new Set<Socket>();
  const proxy = { url: '', passedBytes: 0, limitBytes: Number.POSITIVE_INFINITY };
  const server = createTcpServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (piece) => {
      proxy.passedBytes += piece.length;
      if (proxy.passedBytes > proxy.limitBytes) client.destroy();
      else upstream.write(piece);
    });
    upstream.on('data', (piece) => client.write(piece));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
