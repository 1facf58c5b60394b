import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { body, buildStore, openFiles } from '../objects/support.ts';
import { BUCKET, buildEndpoint, codeOf, type EndpointHouse, signatureOf, tag } from './support.ts';

/** What catalogues of CRCs give for CRC-64/XZ. */
const CHECK = '123456789';
const CHECK_CRC64 = BigInt('0x995dc9bbdf1939fa').toString();

const md5 = (content: string | Uint8Array) => createHash('md5').update(content).digest('base64');

async function raw(house: EndpointHouse, bytes: string): Promise<Socket> {
  const socket = connect(house.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** The head of a PUT, signed, for whoever sends the body in another way than it should be. */
function putHead({ key, clock }: EndpointHouse, name: string, headers: string[]): string {
  const date = new Date(clock.now()).toUTCString();
  const signature = signatureOf(key.secret, 'PUT', `/${BUCKET}/${name}`, { 'x-oss-date': date });
  const lines = [`PUT /${BUCKET}/${name} HTTP/1.1`, 'Host: localhost', `x-oss-date: ${date}`];
  return [...lines, `Authorization: OSS ${key.id}:${signature}`, ...headers, '', ''].join('\r\n');
}

describe('an error', () => {
  it('is not said to be no HTTP where a client breaks off in the middle of a body', async () => {
    const house = await buildEndpoint();
    const socket = await raw(house, `${putHead(house, 'half', ['Content-Length: 10'])}half`);
    socket.end();
    await vi.waitFor(() => expect(house.log.lines.join('\n')).toContain('closed before all of the request had come'));
    expect(house.log.lines.join('\n')).not.toContain('not an HTTP request');
    expect(await house.store.head('half')).toBeUndefined();
  });

  it('is told as OSS does, with the id of the request', async () => {
    const house = await buildEndpoint();
    const response = await fetch(`${house.url}/${BUCKET}/a`);
    const body = await response.text();
    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toBe('application/xml');
    expect(tag(body, 'Code')).toBe('AccessDenied');
    expect(tag(body, 'RequestId')).toBe(response.headers.get('x-oss-request-id'));
    expect(tag(body, 'RequestId')).toMatch(/^[0-9A-F]{24}$/);
    expect(tag(body, 'HostId')).toBe(`127.0.0.1:${house.port}`);
    expect(house.incidents.counts()).toEqual({ 'oss PEER_NOT_ALLOWED': 1 });
  });

  it('of a signature shows what should have been signed', async () => {
    const house = await buildEndpoint();
    const date = new Date(house.clock.now()).toUTCString();
    const response = await fetch(`${house.url}/${BUCKET}/a`, {
      headers: { 'x-oss-date': date, authorization: `OSS ${house.key.id}:wrong` },
    });
    const body = await response.text();
    const stringToSign = `GET\n\n\n${date}\nx-oss-date:${date}\n/${BUCKET}/a`;
    expect(tag(body, 'Code')).toBe('SignatureDoesNotMatch');
    expect(tag(body, 'StringToSign')).toBe(stringToSign);
    expect(tag(body, 'StringToSignBytes')?.replaceAll(' ', '')).toBe(Buffer.from(stringToSign).toString('hex'));
    expect(tag(body, 'SignatureProvided')).toBe('wrong');
    expect(body).not.toContain(house.key.secret);
  });

  it('of a HEAD travels in a header', async () => {
    const house = await buildEndpoint();
    const response = await house.fetch('HEAD', `/${BUCKET}/missing`);
    expect(response.status).toBe(404);
    const told = Buffer.from(response.headers.get('x-oss-err') ?? '', 'base64').toString();
    expect(tag(told, 'Code')).toBe('NoSuchKey');
  });

  it.each([
    ['GET', '/another/key', 404, 'NoSuchBucket'],
    ['PUT', '/another/', 403, 'AccessDenied'],
    ['DELETE', `/${BUCKET}/`, 403, 'AccessDenied'],
    ['PUT', `/${BUCKET}/?acl`, 501, 'NotImplemented'],
    ['POST', `/${BUCKET}/a?append`, 400, 'MissingArgument'],
    ['POST', `/${BUCKET}/a?append&position=-1`, 400, 'InvalidArgument'],
    ['POST', `/${BUCKET}/a?append&position=9007199254740993`, 400, 'InvalidArgument'],
    ['GET', `/${BUCKET}/a?x-oss-process=image/resize`, 501, 'NotImplemented'],
    ['PUT', `/${BUCKET}/a?tagging`, 501, 'NotImplemented'],
    // Aliyun's client for Java signs these by V1 too.
    ['POST', `/${BUCKET}/a?x-oss-dir`, 501, 'NotImplemented'],
    ['POST', `/${BUCKET}/a?x-oss-rename`, 501, 'NotImplemented'],
    ['GET', `/${BUCKET}/?cors`, 404, 'NoSuchCORSConfiguration'],
    ['GET', `/${BUCKET}/?versions`, 501, 'NotImplemented'],
    ['PATCH', `/${BUCKET}/a`, 405, 'MethodNotAllowed'],
    ['POST', '/', 405, 'MethodNotAllowed'],
    ['GET', `/${BUCKET}/a?uploadId=none`, 404, 'NoSuchUpload'],
  ])('answers %s %s with %i', async (method, resource, status, code) => {
    const house = await buildEndpoint();
    expect(await codeOf(await house.fetch(method, resource))).toEqual([status, code]);
  });

  it.each([
    ['max-keys=0'],
    ['max-keys=1001'],
    ['max-keys=many'],
    ['encoding-type=base64'],
    ['list-type=2&start-after=a&max-keys=-1'],
  ])('answers a listing with ?%s', async (unsigned) => {
    const house = await buildEndpoint();
    expect(await codeOf(await house.fetch('GET', `/${BUCKET}/`, { unsigned }))).toEqual([400, 'InvalidArgument']);
  });

  it.each(['..', 'a/../../b', `a${'x'.repeat(1023)}`, '/a', 'a\u0000b'])('refuses the key %j', async (key) => {
    const house = await buildEndpoint();
    const date = new Date(house.clock.now()).toUTCString();
    const signature = signatureOf(house.key.secret, 'PUT', `/${BUCKET}/${key}`, { 'x-oss-date': date });
    const put = request({
      port: house.port,
      method: 'PUT',
      path: `/${BUCKET}/${key.split('').map(percent).join('')}`,
      headers: { 'x-oss-date': date, authorization: `OSS ${house.key.id}:${signature}` },
    });
    put.end('x');
    const [response] = await once(put, 'response');
    expect([response.statusCode, tag(await text(response), 'Code')]).toEqual([400, 'InvalidObjectName']);
    expect((await house.store.list({ limit: 1 })).objects).toEqual([]);
  });

  it.each([
    ['%FF', 'no UTF-8'],
    ['%0', 'half an escape'],
  ])('refuses a path with %s, which is %s', async (path) => {
    const house = await buildEndpoint();
    const socket = await raw(house, `GET /${BUCKET}/${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toContain('<Code>InvalidURI</Code>');
  });

  it('answers headers that never end', async () => {
    const house = await buildEndpoint({ handshakeTimeoutMs: 100 });
    const answer = await text(await raw(house, 'GET / HTTP/1.1\r\nHost: h\r\n'));
    expect(answer).toContain('HTTP/1.1 408 ');
    expect(house.incidents.counts()).toEqual({ 'oss PEER_TIMEOUT': 1 });
  });

  it.each([
    ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000', '400', 'InvalidRequest'],
    [`GET / HTTP/1.1\r\nHost: h\r\nx-oss-meta-a: ${'a'.repeat(20_000)}\r\n\r\n`, '431', 'RequestHeaderTooLarge'],
  ])('answers what is no request that can be read', async (bytes, status, code) => {
    const house = await buildEndpoint();
    const answer = await text(await raw(house, bytes));
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(tag(answer, 'Code')).toBe(code);
  });
});

describe('an object that is put', () => {
  it('keeps its type and metadata, and is answered with its digests', async () => {
    const house = await buildEndpoint();
    const headers = { 'content-type': 'image/png', 'x-oss-meta-kind': 'image', 'content-md5': md5(CHECK) };
    const put = await house.fetch('PUT', `/${BUCKET}/a/b.png`, { headers, body: CHECK });
    expect(put.status).toBe(200);
    expect(Object.fromEntries(put.headers)).toMatchObject({
      etag: '"25F9E794323B453885F5181F1B624D0B"',
      'content-md5': md5(CHECK),
      'x-oss-hash-crc64ecma': CHECK_CRC64,
    });
    const got = await house.fetch('GET', `/${BUCKET}/a/b.png`);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '9',
      'x-oss-meta-kind': 'image',
      'x-oss-object-type': 'Normal',
      'x-oss-hash-crc64ecma': CHECK_CRC64,
      'last-modified': new Date(house.clock.now()).toUTCString(),
    });
    expect(await got.text()).toBe(CHECK);
  });

  it('is as it was before where the digest of the new content is another', async () => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/a`, { body: 'old' });
    for (const digest of [md5('another'), 'no digest']) {
      const put = await house.fetch('PUT', `/${BUCKET}/a`, { headers: { 'content-md5': digest }, body: 'new' });
      expect(await codeOf(put)).toEqual([400, 'InvalidDigest']);
    }
    expect(await (await house.fetch('GET', `/${BUCKET}/a`)).text()).toBe('old');
  });

  it('is not there where its sender went away before the end', async () => {
    const house = await buildEndpoint();
    const socket = await raw(house, putHead(house, 'cut', ['Content-Length: 1000000']));
    socket.write(randomBytes(100_000));
    const chunked = await raw(house, putHead(house, 'cut', ['Transfer-Encoding: chunked']));
    chunked.write('4\r\nhalf\r\n');
    // Each has been answered that it may go on, so that both are being taken when their senders go.
    await house.fetch('PUT', `/${BUCKET}/other`, { body: 'x' });
    socket.destroy();
    chunked.destroy();
    await house.endpoint.close();
    expect((await house.store.list({ limit: 10 })).objects.map(({ key }) => key)).toEqual(['other']);
  });

  it('is not there where its sender stalls, and the connection ends', async () => {
    const house = await buildEndpoint({ idleTimeoutMs: 100 });
    const socket = await raw(house, putHead(house, 'stalled', ['Content-Length: 10']));
    socket.write('five5');
    await once(socket, 'close');
    expect(await house.store.head('stalled')).toBeUndefined();
  });

  it('is refused before it is sent, where the client asks first', async () => {
    const house = await buildEndpoint();
    const head = putHead(house, 'a', ['Content-Length: 5', 'Expect: 100-continue']);
    const refused = await raw(house, head.replace('Authorization: OSS cc', 'Authorization: OSS dd'));
    // It ends, as the server cannot know whether the body comes after all.
    expect(await text(refused)).toMatch(/^HTTP\/1\.1 403 /);
    const taken = await raw(house, head);
    expect(String(await once(taken, 'data'))).toMatch(/^HTTP\/1\.1 100 /);
    taken.write('hello');
    expect(String(await once(taken, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
    expect((await house.store.head('a'))?.size).toBe(5);
  });

  it('is refused with an answer that its sender gets to read, though it has not sent all of it', async () => {
    const house = await buildEndpoint();
    const body = new Uint8Array(4 * 1024 * 1024);
    const date = new Date(house.clock.now()).toUTCString();
    const headers = { 'x-oss-date': date, authorization: `OSS ${house.key.id}:wrong` };
    const response = await fetch(`${house.url}/${BUCKET}/a`, { method: 'PUT', headers, body });
    expect(await codeOf(response)).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('is refused where it would be too large, at once', async () => {
    const house = await buildEndpoint();
    const socket = await raw(house, putHead(house, 'a', [`Content-Length: ${5 * 1024 ** 3 + 1}`]));
    expect(String(await once(socket, 'data'))).toContain('<Code>EntityTooLarge</Code>');
  });

  it('does not replace another where the client forbids it', async () => {
    const house = await buildEndpoint();
    await house.fetch('PUT', `/${BUCKET}/a`, { body: 'old' });
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    const put = await house.fetch('PUT', `/${BUCKET}/a`, { headers, body: 'new' });
    expect(await codeOf(put)).toEqual([409, 'FileAlreadyExists']);
  });

  it.each([
    ['x-oss-callback', 'e30='],
    ['x-oss-server-side-encryption', 'AES256'],
  ])('is refused where the client counts on %s', async (name, value) => {
    const house = await buildEndpoint();
    const put = await house.fetch('PUT', `/${BUCKET}/a`, { headers: { [name]: value }, body: 'x' });
    expect(await codeOf(put)).toEqual([501, 'NotImplemented']);
  });

  it('has at most 8192 bytes of metadata', async () => {
    const house = await buildEndpoint();
    const put = await house.fetch('PUT', `/${BUCKET}/a`, { headers: { 'x-oss-meta-a': 'a'.repeat(8200) }, body: 'x' });
    expect(await codeOf(put)).toEqual([400, 'InvalidArgument']);
  });
});

it('a copy that is refused leaves no file open', async () => {
  const { folder, store } = await buildStore({ maxBytes: 150 });
  const house = await buildEndpoint({ store });
  await store.write('a', body('x'.repeat(100)));
  const headers = { 'x-oss-copy-source': `/${BUCKET}/a` };
  const answer = await house.fetch('PUT', `/${BUCKET}/b`, { headers });
  expect(await codeOf(answer)).toEqual([507, 'InsufficientStorage']);
  await vi.waitFor(async () => expect(await openFiles(folder)).toEqual([]));
});

describe('objects that are deleted together', () => {
  const deleteAll = (house: EndpointHouse, body: string, digest = md5(body)) =>
    house.fetch('POST', `/${BUCKET}/?delete`, { headers: { 'content-md5': digest }, body });

  it('are told, or not where the client wants quiet', async () => {
    const house = await buildEndpoint();
    for (const key of ['a', 'b&c']) await house.store.write(key, (async function* () {})());
    const quiet = '<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>';
    expect(await (await deleteAll(house, quiet)).text()).toBe('');
    const loud = '<Delete><Object><Key>b&amp;c</Key></Object><Object><Key>../x</Key></Object></Delete>';
    const told = await (await deleteAll(house, loud)).text();
    expect(told).toContain('<Deleted><Key>b&amp;c</Key></Deleted>');
    expect((await house.store.list({ limit: 9 })).objects).toEqual([]);
  });

  it.each([
    ['no XML', 'Delete all'],
    ['another document', '<Other><Object><Key>a</Key></Object></Other>'],
    ['no keys', '<Delete></Delete>'],
    ['an empty key', '<Delete><Object><Key></Key></Object></Delete>'],
    ['too many keys', `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`],
    ['nesting without end', '<a>'.repeat(100_000)],
    [
      'entities that multiply',
      '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>',
    ],
  ])('are left alone where the request has %s', async (_what, body) => {
    const house = await buildEndpoint();
    expect(await codeOf(await deleteAll(house, body))).toEqual([400, 'MalformedXML']);
  });

  it('are left alone where the list is not what was sent', async () => {
    const house = await buildEndpoint();
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    expect(await codeOf(await deleteAll(house, body, md5('another')))).toEqual([400, 'InvalidDigest']);
    expect(await codeOf(await deleteAll(house, 'x'.repeat(3_000_000)))).toEqual([400, 'EntityTooLarge']);
  });
});

describe('an access key', () => {
  it('counts from its creation until it is revoked, while the gateway runs', async () => {
    const house = await buildEndpoint();
    const { key } = house;
    house.key = await house.keys.create('second', house.clock.now());
    expect((await house.fetch('GET', `/${BUCKET}/`)).status).toBe(200);
    await house.keys.revoke(house.key.id);
    expect(await codeOf(await house.fetch('GET', `/${BUCKET}/`))).toEqual([403, 'InvalidAccessKeyId']);
    house.key = key;
    expect((await house.fetch('GET', `/${BUCKET}/`)).status).toBe(200);
  });

  it('is never a file elsewhere', async () => {
    const house = await buildEndpoint();
    house.key = { ...house.key, id: `../oss-keys/${house.key.id}` };
    expect(await codeOf(await house.fetch('GET', `/${BUCKET}/`))).toEqual([403, 'InvalidAccessKeyId']);
  });
});

function percent(character: string): string {
  return /[A-Za-z0-9]/.test(character) ? character : `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

describe('an upload that is refused', () => {
  it.each([
    ['', []],
    [', also where the client wanted no more of it', ['Connection: close']],
  ])('is answered, and the connection ends when the body does, though much is still to come%s', async (_, more) => {
    const house = await buildEndpoint();
    const bytes = 20 * 1024 * 1024;
    const socket = await raw(
      house,
      `${putHead(house, 'a', [`Content-Length: ${bytes}`, ...more]).replace(/:[^:\r]*\r\nContent/, ':wrong\r\nContent')}`,
    );
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    const closed = once(socket, 'close');
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (!socket.write(piece)) await once(socket, 'drain');
    }
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('SignatureDoesNotMatch');
  });

  it('is read for ten seconds and no longer, so that a connection without a right does not stay by dripping', async () => {
    const house = await buildEndpoint();
    const head = putHead(house, 'a', ['Content-Length: 1000']).replace(/:[^:\r]*\r\nContent/, ':wrong\r\nContent');
    const socket = await raw(house, head);
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
    expect(`${await once(socket, 'data')}`).toMatch(/^HTTP\/1\.1 403 /);
    socket.write('a');
    house.clock.advance(10_000);
    await closed;
  });
});
