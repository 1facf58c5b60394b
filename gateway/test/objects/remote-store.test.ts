import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/common/clock.ts';
import { checkpointOf } from '../../src/objects/remote/checkpoint.ts';
import { type FarOptions, remoteHouses, spooled } from './remote-houses.ts';
import { contentOf } from './support.ts';

describe.each(remoteHouses())('a store in $name at $where', ({ partBytes, isStrict, build }) => {
  it.each([
    ['small', 5000],
    ['in parts', 3 * partBytes + 17],
    ['empty', 0],
  ])('takes over an object that is %s, and gives it out', async (_what, size) => {
    const far = await build();
    const store = far.open();
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
    });
    expect((await far.read(key))?.equals(content)).toBe(true);
    // What it does not tell of its content is known while the object is the same.
    expect(info).toMatchObject((await store.head(key)) ?? {});
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
    const far = await build();
    for (const key of ['a', 'b/1', 'b/2', 'c', 'd/1', 'é']) await far.write(key, key);
    const store = far.open();
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
    const far = await build();
    const file = await spooled(Buffer.from('hello'));
    const proxy = await openProxy(far.port);
    await far.open().adopt('a', file, {});
    const parts = await spooled(randomBytes(3 * partBytes));
    await far.open().adopt('b', parts, {});
    const store = far.open({ endpoint: proxy.url });
    expect(await store.adopt('a', file, {})).toMatchObject({ size: 5 });
    expect(await store.adopt('b', parts, {})).toMatchObject({ size: 3 * partBytes });
    expect(proxy.passedBytes).toBeLessThan(5000);
  });

  it('goes on with the part at which it broke off', async () => {
    const far = await build();
    const content = randomBytes(4 * partBytes);
    const file = await spooled(content);
    const proxy = await openProxy(far.port);
    const options = { endpoint: proxy.url };
    proxy.limitBytes = 2.5 * partBytes;
    await expect(far.open(options).adopt('a', file, {})).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(checkpointOf(file.path))).toBe(true);
    proxy.limitBytes = Number.POSITIVE_INFINITY;
    proxy.passedBytes = 0;
    await far.open(options).adopt('a', file, {});
    expect(proxy.passedBytes).toBeLessThan(content.length);
    expect((await far.read('a'))?.equals(content)).toBe(true);
    expect(existsSync(checkpointOf(file.path))).toBe(false);
  });

  it('is not content with an answer of 200: it looks at what has arrived', async () => {
    const far = await build();
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
    await expect(far.open({ endpoint }).adopt('a', file, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/not what was sent/),
    });
    expect(existsSync(file.path)).toBe(true);
  });

  it('says whose fault it is where it cannot be used', async () => {
    const far = await build();
    const file = await spooled(Buffer.from('hello'));
    const failing = (options: FarOptions) => far.open(options).adopt('a', file, {});
    if (isStrict) await expect(failing({ secret: 'wrong' })).rejects.toMatchObject({ code: 'refused' });
    await expect(failing({ endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(failing({ clock: { ...systemClock, isTrusted: () => false } })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/clock/),
    });
    expect(await far.read('a')).toBeUndefined();
  });
});

describe.each(remoteHouses().filter((house) => house.isStrict))(
  'a store in $name at $where that has lost parts',
  ({ partBytes, build }) => {
    it('begins a large object anew where the parts are gone', async () => {
      const far = await build();
      const file = await spooled(randomBytes(3 * partBytes));
      const store = far.open();
      await writeFile(
        checkpointOf(file.path),
        JSON.stringify({
          file: file.path,
          name: 'a',
          fileSize: file.digests.size,
          partSize: partBytes,
          uploadId: '0'.repeat(32),
          doneParts: [],
          done: [],
        }),
      );
      const tried = await store.adopt('a', file, {}).catch((error: unknown) => error);
      if (tried instanceof Error) expect(tried).toMatchObject({ code: 'unavailable' });
      expect((await store.adopt('a', file, {})).size).toBe(3 * partBytes);
    });
  },
);

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
