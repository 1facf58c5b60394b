import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ObjectError } from '../../../src/objects/contract.ts';
import { FlakyStore, Recipient } from '../../objects/objects-house.ts';
import { buildWebObjects, put, STALL_MS, sha256 } from './objects-server.ts';

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
        'content-disposition': 'inline; filename="Bild 1.jpg"',
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
    ['a recipient with a line break', '/objects/a?to=a%0Ab', {}, 400, 'PEER_BAD_NAME'],
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
    socket.write('PUT /objects/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf');
    await vi.waitFor(() => expect(objects.counts().bytes).toBe(4));
    socket.destroy();
    await vi.waitFor(() => expect(objects.counts()).toMatchObject({ receiving: 0, bytes: 0 }));
  });

  it('breaks off an upload of which nothing comes any more, and leaves alone one that goes on', async () => {
    const { port, objects, clock, incidents } = await buildWebObjects();
    const open = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1');
      socket.write('PUT /objects/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf');
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
    let answer = '';
    silent.on('data', (piece) => {
      answer += piece.toString();
    });
    clock.advance(2000);
    await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"PEER_TIMEOUT"/s));
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
      'PUT /objects/a.txt?upload=u1 HTTP/1.1\r\nHost: localhost\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n0123',
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

describe('the operator', () => {
  it('sees uploads, and tries again or drops what does not get on', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('too_large', 'The store takes no such thing.');
    const { url, objects } = await buildWebObjects({ openStore: store.open });
    const { body } = await put(`${url}/objects/a.txt?from=cam&to=bert`, 'hello');
    await vi.waitFor(() => expect(objects.counts().failed).toBe(1));
    const list = (await (await fetch(`${url}/api/v1/uploads`)).json()) as { failed: number; uploads: { id: string }[] };
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
    expect((await fetch(`${url}/api/v1/uploads/${id}/retry`, { method: 'PUT' })).status).toBe(200);
    await vi.waitFor(() => expect(store.asked).toHaveLength(2));
    await vi.waitFor(() => expect(objects.counts().failed).toBe(1));
    // Where programs of earlier versions ask.
    expect((await fetch(`${url}/uploads`)).status).toBe(200);
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
      ['GET', '/api/v1/uploads'],
      ['PUT', '/api/v1/uploads/x/retry'],
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
    socket.write(
      'POST /send/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhalf',
    );
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
