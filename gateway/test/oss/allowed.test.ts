import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PYTHON } from '@crosscomm/testing/python';
import { describe, expect, it } from 'vitest';
import { body } from '../objects/support.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, tag } from './support.ts';

const SCRIPT = new URL('../../testing/python/oss_subresources.py', import.meta.url).pathname;
/** The parameters that Aliyun's clients know, of whatever operation. */
const LISTS: { signed: string[]; all: string[] } = JSON.parse(execFileSync(PYTHON, [SCRIPT], { encoding: 'utf8' }));
const NAMES = [...new Set([...LISTS.all, ...ofAliOss()])].sort();

/** What ali-oss asks for by a sub-resource of a bucket; it signs whatever is one. */
function ofAliOss(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('ali-oss/lib/client.js'));
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  return sources.flatMap((name) => {
    const code = readFileSync(join(folder, name), 'utf8');
    const calls = code.matchAll(/\b(?:_bucketRequestParams\('\w+', \w+, |subres[:=] ?|subres = )'([\w-]+)'/g);
    return [...calls].map(([, subResource = '']) => subResource);
  });
}

interface V4Init {
  headers?: Record<string, string>;
  body?: string;
  /** Sign the Date header instead of `x-oss-date`, as clients in Go do. */
  byDate?: boolean;
  /** What is signed as the path, where it is not the path that is sent. */
  signedPath?: string;
}

/** A request signed by V4, which covers every parameter: written out by hand, from its description. */
async function fetchV4(
  house: EndpointHouse,
  method: string,
  path: string,
  query: string,
  init: V4Init = {},
): Promise<Response> {
  const now = new Date(house.clock.now());
  const iso = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const stamp = init.byDate ? now.toUTCString() : iso;
  const scope = `${iso.slice(0, 8)}/cn-anywhere/oss/aliyun_v4_request`;
  const headers: Record<string, string> = {
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    ...(init.byDate ? {} : { 'x-oss-date': iso }),
    ...init.headers,
  };
  const signed = Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort();
  const canonical = [
    method,
    init.signedPath ?? path,
    query,
    signed.map((name) => `${name}:${headers[name]}\n`).join(''),
    '',
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  let key: string | Buffer = `aliyun_v4${house.key.secret}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(`OSS4-HMAC-SHA256\n${stamp}\n${scope}\n${digest}`).digest('hex');
  return await fetch(`${house.url}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: {
      ...headers,
      ...(init.byDate && { date: stamp }),
      authorization: `OSS4-HMAC-SHA256 Credential=${house.key.id}/${scope},Signature=${signature}`,
    },
    ...(init.body !== undefined && { body: new Uint8Array(Buffer.from(init.body)) }),
  });
}

async function content(house: EndpointHouse): Promise<string | undefined> {
  const opened = await house.store.open('a');
  return opened && (await text(opened.stream));
}

async function housed(): Promise<EndpointHouse> {
  const house = await buildEndpoint();
  await house.store.write('a', body('what was there'));
  return house;
}

/** Of a listing they are its own; `list-type` is, with a 2 alone. */
const LISTING = new Set(['encoding-type', 'prefix', 'marker', 'max-keys', 'delimiter']);

/** Parameters with which an object or a listing is what is asked for. */
const OF_READS = /^(response-.*|security-token|x-oss-traffic-limit|x-oss-request-payer)$/;

describe('a parameter that an operation does not know', () => {
  it('is one of many that clients have', () => {
    expect(NAMES.length).toBeGreaterThan(80);
    expect(ofAliOss()).toEqual(expect.arrayContaining(['tagging', 'versioning', 'worm', 'policy', 'uploads']));
    expect(NAMES).toEqual(expect.arrayContaining(['legalHold', 'versionId', 'httpsConfig', 'tagging', 'append']));
  });

  it.each(['PUT', 'POST', 'DELETE'])('of a %s changes nothing, whatever it is', { timeout: 60_000 }, async (method) => {
    const house = await housed();
    for (const name of NAMES) {
      // These ask for nothing else.
      if (/^(security-token|x-oss-traffic-limit|x-oss-request-payer)$/.test(name)) continue;
      // Begins an upload in parts, which is no object.
      if (method === 'POST' && name === 'uploads') continue;
      for (const path of [`/${BUCKET}/a`, `/${BUCKET}/`]) {
        const init = method === 'DELETE' ? {} : { body: '<What>it says</What>' };
        const response = await fetchV4(house, method, path, name, init);
        expect([name, path, response.status >= 400 && response.status < 502]).toEqual([name, path, true]);
        await response.arrayBuffer();
      }
      expect([name, await content(house)]).toEqual([name, 'what was there']);
    }
    expect((await house.store.list({ limit: 10 })).objects).toHaveLength(1);
  });

  it('of a GET is not answered with the object or a listing', { timeout: 60_000 }, async () => {
    const house = await housed();
    for (const name of NAMES.filter((each) => !OF_READS.test(each))) {
      const ofObject = await (await fetchV4(house, 'GET', `/${BUCKET}/a`, name)).text();
      expect([name, ofObject === 'what was there']).toEqual([name, false]);
      const ofBucket = await (await fetchV4(house, 'GET', `/${BUCKET}/`, name)).text();
      expect([name, ofBucket.includes('<ListBucketResult>')]).toEqual([name, LISTING.has(name)]);
    }
  });

  it.each([
    ['PUT', 'x-oss-tagging', 'a=b'],
    ['PUT', 'x-oss-object-acl', 'public-read'],
    ['PUT', 'x-oss-storage-class', 'Archive'],
    ['PUT', 'x-oss-server-side-encryption', 'AES256'],
    ['PUT', 'x-oss-invented', '1'],
    ['PUT', 'if-none-match', '*'],
    ['DELETE', 'if-match', '"x"'],
    ['GET', 'x-oss-invented', '1'],
  ])('nor a header: %s with %s: %s', async (method, name, value) => {
    const house = await housed();
    const init = { headers: { [name]: value }, ...(method === 'PUT' && { body: 'other' }) };
    const response = await fetchV4(house, method, `/${BUCKET}/a`, '', init);
    expect([response.status, tag(await response.text(), 'Code')]).toEqual([501, 'NotImplemented']);
    expect(await content(house)).toBe('what was there');
  });

  it.each([
    ['x-id', 'x-id=PutObject', {}],
    ['an access rule that is so anyway', '', { 'x-oss-object-acl': 'private' }],
    ['a storage class that is so anyway', '', { 'x-oss-storage-class': 'Standard' }],
  ])('passes where it changes nothing: %s', async (_, query, headers) => {
    const house = await housed();
    expect((await fetchV4(house, 'PUT', `/${BUCKET}/a`, query, { headers, body: 'new' })).status).toBe(200);
    expect(await content(house)).toBe('new');
  });
});

describe('a parameter that clients sign by V1', () => {
  it('is covered by the signature here as well, so that what is missing is told', { timeout: 60_000 }, async () => {
    const house = await housed();
    expect(LISTS.signed.length).toBeGreaterThan(80);
    for (const name of LISTS.signed) {
      const response = await house.fetch('PUT', `/${BUCKET}/a?${name}`, { body: 'other' });
      expect([name, response.status]).not.toEqual([name, 403]);
      await response.arrayBuffer();
    }
  });
});

describe('a bucket', () => {
  it.each([
    ['', 200],
    ['<CreateBucketConfiguration><StorageClass>Standard</StorageClass></CreateBucketConfiguration>', 200],
    ['<CreateBucketConfiguration><StorageClass>Archive</StorageClass></CreateBucketConfiguration>', 501],
    ['<CreateBucketConfiguration><DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>', 501],
  ])('is made as it is, or not: %s', async (document, status) => {
    const house = await housed();
    expect((await fetchV4(house, 'PUT', `/${BUCKET}/`, '', { body: document })).status).toBe(status);
  });
});

describe('a deletion of several objects', () => {
  it('deletes nothing where one of them is a version', async () => {
    const house = await housed();
    const document = '<Delete><Object><Key>a</Key><VersionId>CAEQ</VersionId></Object></Delete>';
    const response = await fetchV4(house, 'POST', `/${BUCKET}/`, 'delete', { body: document });
    expect(response.status).toBe(501);
    expect(await content(house)).toBe('what was there');
  });
});

describe('settings that a bucket does not have', () => {
  it.each([
    ['versioning', 200, 'VersioningConfiguration'],
    ['tagging', 200, 'Tagging'],
    ['logging', 200, 'BucketLoggingStatus'],
    ['requestPayment', 200, 'RequestPaymentConfiguration'],
    ['lifecycle', 404, 'NoSuchLifecycle'],
    ['policy', 404, 'NoSuchBucketPolicy'],
  ])('are told as OSS does: ?%s is %i %s', async (name, status, word) => {
    const response = await fetchV4(await housed(), 'GET', `/${BUCKET}/`, name);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(word);
  });

  it('of an object are its tags, which are none', async () => {
    const house = await housed();
    expect(await (await fetchV4(house, 'GET', `/${BUCKET}/a`, 'tagging')).text()).toContain('<TagSet></TagSet>');
    expect((await fetchV4(house, 'GET', `/${BUCKET}/missing`, 'tagging')).status).toBe(404);
  });
});

describe('what clients in Go send', () => {
  it('is signed by V4 over the Date header alone', async () => {
    const house = await housed();
    const response = await fetchV4(house, 'GET', `/${BUCKET}/a`, '', { byDate: true });
    expect([response.status, await response.text()]).toEqual([200, 'what was there']);
    house.clock.jumpTo(house.clock.now() + 3_600_000);
    const late = await fetchV4(
      { ...house, clock: Object.assign(Object.create(house.clock), { now: () => house.clock.now() - 3_600_000 }) },
      'GET',
      `/${BUCKET}/a`,
      '',
      { byDate: true },
    );
    expect(late.status).toBe(403);
  });

  it.each([
    ['a blank as +', 'a+b', 'a b'],
    ['a plus as %2B', 'a%2Bb', 'a+b'],
    ['a blank as %20', 'a%20b', 'a b'],
  ])('names the source of a copy with %s', async (_, written, key) => {
    const house = await buildEndpoint();
    await house.store.write('a b', body('I am a b'));
    await house.store.write('a+b', body('I am a+b'));
    const headers = { 'x-oss-copy-source': `/${BUCKET}/${written}` };
    expect((await fetchV4(house, 'PUT', `/${BUCKET}/a`, '', { headers })).status).toBe(200);
    expect(await content(house)).toBe(`I am ${key}`);
  });
});

describe('a bucket that is named in the path without its slash', () => {
  it('may be signed as it is sent', async () => {
    const house = await housed();
    expect((await fetchV4(house, 'GET', `/${BUCKET}`, '')).status).toBe(200);
    expect((await fetchV4(house, 'GET', `/${BUCKET}`, '', { signedPath: `/${BUCKET}/` })).status).toBe(200);
    expect((await fetchV4(house, 'GET', `/${BUCKET}/`, '', { signedPath: `/${BUCKET}` })).status).toBe(403);
  });
});
