import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { createWebServer } from '../../src/web/server.ts';
import { buildObjects, FlakyStore, type HouseOptions, type ObjectsHouse, Recipient } from '../objects/objects-house.ts';
import { MemorySession } from '../support/test-hub.ts';

const STALL_MS = 30_000;

interface WebObjects extends ObjectsHouse {
  app: FastifyInstance;
  port: number;
  url: string;
}

/** Objects behind a web server that listens. */
async function buildWebObjects(options: HouseOptions = {}): Promise<WebObjects> {
  const house = await buildObjects(options);
  const app = await createWebServer({
    context: house,
    serviceTimeoutMs: 1800,
    maxBodyBytes: 4096,
    objects: { objects: house.objects, stallMs: STALL_MS },
  });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  house.objects.links.base = `http://127.0.0.1:${port}`;
  return { ...house, app, port, url: `http://127.0.0.1:${port}` };
}

interface Answer {
  status: number;
  body: {
    key: string;
    size: number;
    sha256: string;
    url: string;
    offset: number;
    error: { code: string; message: string };
  };
}

async function put(url: string, content: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { method: 'PUT', body: content, headers });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('PUT /objects/NAME', () => {
  it('answers 201 with the key, and the object can be read at its address and by its key', async () => {
    const { url, hub } = await buildWebObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    const { status, body } = await put(`${url}/objects/Bild%201.jpg?to=bert&from=cam&kind=image`, 'a picture', {
      'content-type': 'image/jpeg',
    });
    expect([status, body]).toEqual([
      201,
      {
        key: expect.stringMatching(/^cross_comm\/cam\/\d+_[0-9a-f]{8}\.jpg$/),
        size: 9,
        sha256: sha256('a picture'),
        url: expect.stringContaining(`${url}/objects/cross_comm/cam/`),
      },
    ]);
    expect(await bert.next()).toMatchObject({ from: 'cam', kind: 'image', body: 'Bild 1.jpg', objectKey: body.key });
    for (const address of [body.url, `${url}/objects/${body.key}`]) {
      const answer = await fetch(address);
      expect([answer.status, await answer.text()]).toEqual([200, 'a picture']);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/jpeg',
        'content-length': '9',
        etag: `"${createHash('md5').update('a picture').digest('hex')}"`,
        'content-disposition': "inline; filename*=UTF-8''Bild%201.jpg",
        'content-security-policy': expect.stringContaining('sandbox'),
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('takes a body in chunks, whose length nobody knows before', async () => {
    const { port, url } = await buildWebObjects();
    const request = httpRequest({ port, method: 'PUT', path: '/objects/a.bin' });
    const content = Buffer.alloc(300_000, 'abc');
    request.write(content.subarray(0, 100_000));
    request.end(content.subarray(100_000));
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(201);
    const { key } = JSON.parse(String(Buffer.concat(await response.toArray()))) as { key: string };
    expect(sha256(new Uint8Array(await (await fetch(`${url}/objects/${key}`)).arrayBuffer()))).toBe(sha256(content));
  });

  it('takes an object of no bytes', async () => {
    const { url } = await buildWebObjects();
    const { status, body } = await put(`${url}/objects/empty`, '');
    expect([status, body.size]).toEqual([201, 0]);
    expect(await (await fetch(body.url)).text()).toBe('');
  });

  it.each([
    [
      'a wrong Content-MD5',
      '/objects/a',
      { 'content-md5': Buffer.alloc(16).toString('base64') },
      400,
      'PEER_MALFORMED',
    ],
    ['a wrong sha256', `/objects/a?sha256=${'0'.repeat(64)}`, {}, 400, 'PEER_MALFORMED'],
    ['no sha256 at all', '/objects/a?sha256=abc', {}, 400, 'PEER_MALFORMED'],
    ['an unknown kind', '/objects/a?kind=dict', {}, 400, 'PEER_MALFORMED'],
    ['a sender with blanks', '/objects/a?from=a%20b', {}, 400, 'PEER_BAD_NAME'],
    ['the name of the gateway', '/objects/a?from=server', {}, 400, 'PEER_BAD_NAME'],
    ['a client that is online', '/objects/a?from=anna', {}, 409, 'PEER_NAME_TAKEN'],
    ['two recipients', '/objects/a?to=x&to=y', {}, 400, 'PEER_MALFORMED'],
    ['no name', '/objects/', {}, 400, 'PEER_BAD_NAME'],
    ['a way out as its name', '/objects/a%2F..', {}, 400, 'PEER_BAD_NAME'],
    ['NUL in its name', '/objects/a%00b', {}, 400, 'PEER_BAD_NAME'],
    ['no UTF-8 in its name', '/objects/%FF', {}, 400, 'PEER_MALFORMED'],
    ['a name of 3 KB', `/objects/${'x'.repeat(3000)}`, {}, 400, 'PEER_BAD_NAME'],
    ['a bad Content-Range', '/objects/a?upload=u', { 'content-range': 'bytes 5-4/10' }, 400, 'PEER_MALFORMED'],
    ['a Content-Range without a name', '/objects/a', { 'content-range': 'bytes 0-4/10' }, 400, 'PEER_MALFORMED'],
  ])('answers %s with an error, and keeps nothing', async (_what, path, headers, status, code) => {
    const house = await buildWebObjects();
    house.hub.join(new MemorySession('anna', 'mqtt'));
    const answer = await put(`${house.url}${path}`, 'hello', headers);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(house.objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
    expect((await house.objects.store.list({ limit: 1 })).objects).toEqual([]);
    expect(house.incidents.counts()).toEqual({ [`http ${code}`]: 1 });
  });

  it('answers a body that is too large, or that does not fit, though its sender goes on sending', async () => {
    const { url, incidents } = await buildWebObjects({ uploads: { maxBytes: 500_000, maxTotalBytes: 600_000 } });
    const large = await put(`${url}/objects/a`, Buffer.alloc(2_000_000));
    expect([large.status, large.body.error.code]).toEqual([413, 'PEER_TOO_LARGE']);
    const store = new FlakyStore();
    store.fault = new ObjectError('unavailable', 'away');
    const away = await buildWebObjects({ uploads: { maxTotalBytes: 600_000 }, openStore: store.open });
    await put(`${away.url}/objects/a`, Buffer.alloc(400_000));
    const full = await put(`${away.url}/objects/a`, Buffer.alloc(400_000));
    expect([full.status, full.body.error.code]).toEqual([507, 'OBJECTS_FULL']);
    expect(incidents.counts()).toEqual({ 'http PEER_TOO_LARGE': 1 });
  });

  it('keeps nothing of an upload whose sender goes away', async () => {
    const { port, objects } = await buildWebObjects();
    const socket = connect(port, '127.0.0.1');
    socket.write('PUT /objects/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
    await vi.waitFor(() => expect(objects.counts().bytes).toBe(4));
    socket.destroy();
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ receiving: 0, bytes: 0 }));
  });

  it('breaks off an upload of which nothing comes any more, and leaves alone one that goes on', async () => {
    const { port, objects, clock, incidents } = await buildWebObjects();
    const open = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1');
      socket.write('PUT /objects/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
      await once(socket, 'connect');
      return socket;
    };
    const silent = await open();
    const slow = await open();
    onTestFinished(() => void slow.destroy());
    await vi.waitFor(() => expect(objects.counts().bytes).toBe(8));
    clock.advance(STALL_MS - 1000);
    slow.write('1');
    await vi.waitFor(() => expect(objects.counts().bytes).toBe(9));
    clock.advance(2000);
    const [answer] = (await once(silent, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 .*"code":"PEER_TIMEOUT"/s);
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ receiving: 1, bytes: 5 }));
    expect(incidents.counts()).toEqual({ 'http PEER_TIMEOUT': 1 });
  });
});

describe('an upload in parts', () => {
  const part = (start: number, end: number, size: number | '*') => ({
    'content-range': `bytes ${start}-${end}/${size}`,
  });

  it('goes on where the last part ended, and is complete with the last byte', async () => {
    const { url } = await buildWebObjects();
    const address = `${url}/objects/a.txt?from=cam&upload=u1`;
    expect(await put(address, '01234', part(0, 4, 10))).toEqual({ status: 202, body: { offset: 5 } });
    const last = await put(address, '56789', part(5, 9, 10));
    expect([last.status, last.body.sha256]).toEqual([201, sha256('0123456789')]);
    // The answer got lost, and the sender asks again, in the one way or the other.
    for (const headers of [part(5, 9, 10), { 'content-range': 'bytes */10' }]) {
      const again = await put(address, '56789', headers);
      expect([again.status, again.body.key]).toEqual([201, last.body.key]);
    }
  });

  it('tells how far it is', async () => {
    const { url } = await buildWebObjects();
    const address = `${url}/objects/a.txt?upload=u1`;
    expect(await put(address, '', { 'content-range': 'bytes */10' })).toEqual({ status: 202, body: { offset: 0 } });
    await put(address, '01234', part(0, 4, 10));
    const asked = await fetch(address, { method: 'PUT', headers: { 'content-range': 'bytes */10' } });
    expect([asked.status, asked.headers.get('upload-offset')]).toEqual([202, '5']);
  });

  it('says where to go on where a part is missing, and takes one that comes again', async () => {
    const { url } = await buildWebObjects();
    const address = `${url}/objects/a.txt?upload=u1`;
    await put(address, '01234', part(0, 4, 10));
    const gap = await put(address, '89', part(8, 9, 10));
    expect([gap.status, gap.body.offset, gap.body.error.code]).toEqual([409, 5, 'PEER_MALFORMED']);
    const last = await put(address, '3456789', part(3, 9, 10));
    expect([last.status, last.body.sha256]).toEqual([201, sha256('0123456789')]);
  });

  it('may tell its size with the last part', async () => {
    const { url } = await buildWebObjects();
    const address = `${url}/objects/a.txt?upload=u1`;
    expect((await put(address, '01234', part(0, 4, '*'))).status).toBe(202);
    const last = await put(address, '56789', part(5, 9, 10));
    expect([last.status, last.body.size]).toEqual([201, 10]);
  });

  it('goes on with what came of a part that broke off', async () => {
    const { port, url, objects } = await buildWebObjects();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'PUT /objects/a.txt?upload=u1 HTTP/1.1\r\nHost: x\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n0123',
    );
    await vi.waitFor(() => expect(objects.counts().bytes).toBe(4));
    socket.destroy();
    await vi.waitFor(async () => {
      expect(await put(`${url}/objects/a.txt?upload=u1`, '', { 'content-range': 'bytes */10' })).toEqual({
        status: 202,
        body: { offset: 4 },
      });
    });
    const last = await put(`${url}/objects/a.txt?upload=u1`, '456789', part(4, 9, 10));
    expect([last.status, last.body.sha256]).toEqual([201, sha256('0123456789')]);
  });
});

describe('a folder', () => {
  const folder = '1795476531059_6ad035a5_folder';

  it('has its files below one key, which whoever knows it can list', async () => {
    const { url } = await buildWebObjects();
    for (const path of ['a.txt', 'sub/b%20c.txt']) {
      const { status } = await put(`${url}/objects/${path}?from=desk&folder=${folder}`, path);
      expect(status).toBe(201);
    }
    const prefix = `cross_comm/desk/${folder}/`;
    const list = (await (await fetch(`${url}/objects?prefix=${prefix}`)).json()) as { objects: { key: string }[] };
    expect(list.objects.map(({ key }) => key)).toEqual([`${prefix}a.txt`, `${prefix}sub/b c.txt`]);
    expect(await (await fetch(`${url}/objects/${prefix}sub/b%20c.txt`)).text()).toBe('sub/b%20c.txt');
  });

  it.each([
    ['another form', '/objects/a?folder=x', 'PEER_MALFORMED'],
    ['a way out', `/objects/a?folder=${folder}%2F..`, 'PEER_MALFORMED'],
    ['a file that leads out of it', `/objects/..%2F..%2Fbert%2Fa?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a recipient', `/objects/a?to=bert&folder=${folder}`, 'PEER_MALFORMED'],
    ['a file at the root of a disk', `/objects//etc/passwd?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a file without a name', `/objects/a/?folder=${folder}`, 'PEER_BAD_NAME'],
    ['NUL in the name of a file', `/objects/a%00/b?folder=${folder}`, 'PEER_BAD_NAME'],
    ['a path of 10 KB', `/objects/${'a/'.repeat(5000)}b?folder=${folder}`, 'PEER_BAD_NAME'],
    ['content of its own', `/objects/Fotos?kind=folder&folder=${folder}`, 'PEER_MALFORMED'],
    ['no name of its own', `/objects/?kind=folder&folder=${folder}`, 'PEER_BAD_NAME'],
    ['another client’s key', `/objects/Fotos?kind=folder&folder=..%2Fbert%2F${folder}`, 'PEER_MALFORMED'],
    ['no key', '/objects/Fotos?kind=folder', 'PEER_MALFORMED'],
  ])('is refused with %s, and nothing is kept', async (_what, path, code) => {
    const { url, objects } = await buildWebObjects();
    expect(await put(`${url}${path}`, 'x')).toMatchObject({ status: 400, body: { error: { code } } });
    expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
  });

  it('is told of once all of it is there, with an address that lists it, and in it those of its files', async () => {
    const { url, hub, policy } = await buildWebObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    for (const path of ['a.txt', 'sub/b.txt']) await put(`${url}/objects/${path}?from=desk&folder=${folder}`, path);
    const address = `${url}/objects/Fotos%20vom%20Meer?from=desk&folder=${folder}&kind=folder&to=bert`;
    const answer = await fetch(address, { method: 'PUT' });
    const { key } = (await answer.json()) as { key: string };
    expect([answer.status, key]).toEqual([201, `cross_comm/desk/${folder}/`]);
    const message = await bert.next();
    expect(message).toMatchObject({ from: 'desk', kind: 'folder', body: 'Fotos vom Meer', objectKey: key });
    policy.mayRead = () => false;
    expect((await fetch(`${url}/objects?prefix=${key}`)).status).toBe(403);
    expect((await fetch(String(message.objectUrl).replace('_folder%2F', '_folder%2Fsub%2F'))).status).toBe(403);
    const list = (await (await fetch(String(message.objectUrl))).json()) as { objects: { url: string }[] };
    const contents = list.objects.map(async (object) => (await fetch(object.url)).text());
    expect(await Promise.all(contents)).toEqual(['a.txt', 'sub/b.txt']);
  });

  it.each(['', 'cross_comm/', 'cross_comm/desk/', '../'])('is all that can be listed, not %j', async (prefix) => {
    const { url } = await buildWebObjects();
    expect((await fetch(`${url}/objects?prefix=${prefix}`)).status).toBe(400);
  });
});

describe('an upload to a folder, by the name of another upload', () => {
  it.each([
    ['for another folder', 'a.txt', '1795476531059_6ad035a6_folder'],
    ['another file of the same name', 'deep/a.txt', '1795476531059_6ad035a5_folder'],
    ['for no folder', 'a.txt', ''],
  ])('is another upload where it is %s', async (_what, path, folder) => {
    const { url } = await buildWebObjects();
    const first = await put(`${url}/objects/a.txt?upload=u1&folder=1795476531059_6ad035a5_folder`, 'same');
    const other = await put(`${url}/objects/${path}?upload=u1&folder=${folder}`, 'same');
    expect([first.status, other.status]).toEqual([201, 201]);
    expect(other.body.key).not.toBe(first.body.key);
    expect(await (await fetch(other.body.url)).text()).toBe('same');
  });
});

describe('POST /objects', () => {
  it('takes the files of a form, with what its fields say', async () => {
    const { url, hub } = await buildWebObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    const form = new FormData();
    form.set('from', 'page');
    form.set('to', 'bert');
    form.set('kind', 'image');
    form.set('one', new Blob(['first'], { type: 'image/png' }), 'ö.png');
    const one = await fetch(`${url}/objects`, { method: 'POST', body: form });
    expect([one.status, await one.json()]).toMatchObject([201, { size: 5, sha256: sha256('first') }]);
    expect(await bert.next()).toMatchObject({ from: 'page', kind: 'image', body: 'ö.png' });
    form.set('two', new Blob(['second']), 'b.png');
    const two = await fetch(`${url}/objects`, { method: 'POST', body: form });
    expect(await two.json()).toMatchObject({ objects: [{ sha256: sha256('first') }, { sha256: sha256('second') }] });
  });

  it.each([
    [
      'without a file',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="to"\r\n\r\na\r\n--x--\r\n',
      'PEER_MALFORMED',
    ],
    [
      'that is cut off',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhalf',
      'PEER_MALFORMED',
    ],
    ['without a boundary', 'multipart/form-data', 'x', 'PEER_MALFORMED'],
    ['that is none', 'text/plain', 'x', 'PEER_MALFORMED'],
    [
      'with a bad name',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="f"; filename=".."\r\n\r\na\r\n--x--\r\n',
      'PEER_BAD_NAME',
    ],
  ])('answers a form %s with an error, and keeps nothing', async (_what, type, content, code) => {
    const { url, objects } = await buildWebObjects();
    const answer = await fetch(`${url}/objects`, { method: 'POST', body: content, headers: { 'content-type': type } });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code } }]);
    expect(objects.counts()).toMatchObject({ receiving: 0, waiting: 0, bytes: 0 });
  });
});

describe('GET /objects/KEY', () => {
  async function withObject() {
    const house = await buildWebObjects();
    const { body } = await put(`${house.url}/objects/a.txt`, '0123456789');
    return { ...house, object: body };
  }

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['bytes=4-2', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ])('answers the range %s', async (range, status, content, contentRange) => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      content,
      contentRange,
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0'])('answers the range %s, in which there is nothing, with 416', async (range) => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { headers: { range } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await answer.json()).toMatchObject({ error: { code: 'PEER_MALFORMED' } });
  });

  it('says 304 to whoever has it, and gives the whole of another where a range of this was wanted', async () => {
    const { object } = await withObject();
    const etag = (await fetch(object.url)).headers.get('etag') ?? '';
    expect((await fetch(object.url, { headers: { 'if-none-match': `"x", ${etag}` } })).status).toBe(304);
    const range = 'bytes=0-1';
    expect((await fetch(object.url, { headers: { range, 'if-range': etag } })).status).toBe(206);
    expect((await fetch(object.url, { headers: { range, 'if-range': '"x"' } })).status).toBe(200);
  });

  it('may be read by a page of another origin, also from the middle, and so may the reason why not', async () => {
    const { url, object } = await withObject();
    for (const address of [object.url, `${url}/objects/nothing`, `${url}/objects?prefix=x`]) {
      const answer = await fetch(address, { headers: { origin: 'http://elsewhere' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    const asked = await fetch(object.url, { method: 'OPTIONS', headers: { origin: 'http://elsewhere' } });
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([204, 'range, if-range']);
    expect(asked.headers.has('access-control-allow-methods')).toBe(false);
    const written = await fetch(`${url}/objects/a`, {
      method: 'PUT',
      body: 'x',
      headers: { origin: 'http://elsewhere' },
    });
    expect(written.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('tells of it without its content to HEAD', async () => {
    const { object } = await withObject();
    const answer = await fetch(object.url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '10', '']);
  });

  it.each([
    ['is not there', '/objects/cross_comm/a/b', 404, 'PEER_NOT_FOUND'],
    ['cannot be', '/objects/..%2F..%2Fetc%2Fpasswd', 400, 'PEER_BAD_NAME'],
    ['has NUL in it', '/objects/a%00', 400, 'PEER_BAD_NAME'],
    ['is too long', `/objects/${'x'.repeat(2000)}`, 400, 'PEER_BAD_NAME'],
  ])('answers a key that %s', async (_what, path, status, code) => {
    const { url } = await buildWebObjects();
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it('refuses a signature that is wrong or has expired, and where the policy says so, none', async () => {
    const { url, object, clock, policy } = await withObject();
    expect((await fetch(object.url.replace(/signature=./, 'signature='))).status).toBe(403);
    expect((await fetch(`${url}/objects/${object.key}?signature=x`)).status).toBe(403);
    policy.mayRead = () => false;
    expect((await fetch(`${url}/objects/${object.key}`)).status).toBe(403);
    expect((await fetch(object.url)).status).toBe(200);
    clock.advance(604_801_000);
    const late = await fetch(object.url);
    expect([late.status, await late.json()]).toMatchObject([
      403,
      { error: { message: expect.stringMatching(/expired/) } },
    ]);
  });
});

describe('the operator', () => {
  it('sees uploads, and tries again or drops what does not get on', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('too_large', 'The store takes no such thing.');
    const { url, objects } = await buildWebObjects({ openStore: store.open });
    const { body } = await put(`${url}/objects/a.txt?from=cam&to=bert`, 'hello');
    await vi.waitFor(() => expect(objects.counts().failed).toBe(1));
    const list = (await (await fetch(`${url}/uploads`)).json()) as { failed: number; uploads: { id: string }[] };
    expect(list).toMatchObject({
      failed: 1,
      uploads: [
        {
          state: 'failed',
          key: body.key,
          from: 'cam',
          to: 'bert',
          received: 5,
          reason: 'The store takes no such thing.',
        },
      ],
    });
    const id = list.uploads[0]?.id ?? '';
    expect((await fetch(`${url}/uploads/${id}/retry`, { method: 'PUT' })).status).toBe(200);
    await vi.waitFor(() => expect(store.asked).toHaveLength(2));
    await vi.waitFor(() => expect(objects.counts().failed).toBe(1));
    expect((await fetch(`${url}/uploads/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/uploads/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect(objects.counts()).toMatchObject({ failed: 0, bytes: 0 });
    const status = await (await fetch(`${url}/status`)).json();
    expect(status).toMatchObject({ uploads: { receiving: 0, waiting: 0, failed: 0, bytes: 0 } });
  });

  it('is on the machine of the gateway', async () => {
    const { app, objects } = await buildWebObjects();
    for (const [method, url] of [
      ['GET', '/uploads'],
      ['DELETE', '/uploads/x'],
    ] as const) {
      const answer = await app.inject({ method, url, remoteAddress: '192.168.1.20' });
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'PEER_NOT_ALLOWED']);
    }
    expect(objects.counts().failed).toBe(0);
  });
});

describe('another request', () => {
  it('still has thirty seconds for its body', async () => {
    const { port, clock } = await buildWebObjects();
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /send/x HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf');
    let answer = '';
    socket.on('data', (piece) => {
      answer += piece.toString();
    });
    const closed = once(socket, 'close');
    await vi.waitFor(() => {
      clock.advance(31_000);
      expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"PEER_TIMEOUT"/s);
    });
    await closed;
  });
});
