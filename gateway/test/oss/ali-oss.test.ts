import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buildHouse } from '@crosscomm/testing/test-hub';
import OSS from 'ali-oss';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/access/rules.ts';
import { rightsOf } from '../../src/app/oss.ts';
import { addAccount } from '../web/accounts.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, REGION } from './support.ts';

/** Each way in which ali-oss addresses a bucket. */
const STYLES: Record<string, Partial<OSS.Options> & { sldEnable?: boolean }> = {
  'the bucket in the host': {},
  'the bucket in the path': { sldEnable: true },
  'a host that stands for the bucket': { cname: true },
} as never;

function client({ url, key }: EndpointHouse, options: object = {}): OSS {
  return new OSS({
    endpoint: url,
    bucket: BUCKET,
    region: REGION,
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    ...options,
  });
}

describe.each([
  ['V1', false],
  ['V4', true],
])('ali-oss with signatures %s', (_version, authorizationV4) => {
  it.each(Object.entries(STYLES))('puts, heads, gets and deletes an object, with %s', async (_style, options) => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4, ...options });
    const name = 'ordner/Grüße & +1%.txt';
    const put = await oss.put(name, Buffer.from('hello'), { meta: { colour: 'grün' } as never, headers: {} });
    expect(put.res.status).toBe(200);
    expect((await house.store.head(name))?.metadata).toEqual({ colour: 'grün' });
    expect((await oss.get(name)).content.toString()).toBe('hello');
    expect((await oss.get(name, { headers: { Range: 'bytes=1-3' } })).content.toString()).toBe('ell');
    await oss.delete(name);
    await expect(oss.head(name)).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
  });

  it('streams an object whose length it does not know', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4 });
    const content = randomBytes(300_000);
    await oss.putStream('stream.bin', Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]));
    const { stream } = await oss.getStream('stream.bin');
    const chunks: Buffer[] = [];
    for await (const chunk of stream as Readable) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it('lists in pages, by both versions', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4 });
    for (const name of ['a/1', 'a/2', 'b', 'c d']) await oss.put(name, Buffer.from(name));
    const first = await oss.list({ 'max-keys': 2 }, {});
    expect(first.objects.map((object) => object.name)).toEqual(['a/1', 'a/2']);
    expect(first.isTruncated).toBe(true);
    const rest = await oss.list({ 'max-keys': 2, marker: first.nextMarker }, {});
    expect(rest.objects.map((object) => object.name)).toEqual(['b', 'c d']);
    expect(rest.isTruncated).toBe(false);
    const v2 = await oss.listV2({ delimiter: '/', 'max-keys': '2' } as never, {});
    expect(v2.prefixes).toEqual(['a/']);
    expect(v2.objects.map((object) => object.name)).toEqual(['b']);
    const { nextContinuationToken } = v2 as typeof v2 & { nextContinuationToken: string };
    const last = await oss.listV2({ delimiter: '/', 'continuation-token': nextContinuationToken } as never, {});
    expect(last.objects.map((object) => object.name)).toEqual(['c d']);
  });

  it('deletes many, and copies', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4 });
    await oss.put('one & only', Buffer.from('1'), { meta: { kind: 'x' } as never });
    const copy = await oss.copy('two', 'one & only');
    expect(copy.data).toMatchObject({ etag: expect.stringMatching(/^"[0-9A-F]{32}"$/) });
    expect((await oss.head('two')).meta).toEqual({ kind: 'x' });
    const { deleted } = await oss.deleteMulti(['one & only', 'two', 'never there']);
    expect(deleted).toHaveLength(3);
    expect((await oss.list({ 'max-keys': 10 }, {})).objects ?? []).toEqual([]);
  });

  it('uploads in parts, and goes on where it stopped', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4 });
    const content = randomBytes(350_000);
    const file = join(house.dataDir, 'large.bin');
    await writeFile(file, content);
    let checkpoint: OSS.Checkpoint | undefined;
    await expect(
      oss.multipartUpload('large.bin', file, {
        partSize: 102_400,
        parallel: 1,
        progress: async (fraction: number, point: OSS.Checkpoint) => {
          checkpoint = point;
          if (fraction > 0.4) throw new Error('stop here');
        },
      }),
    ).rejects.toThrow();
    expect((await oss.listUploads({ 'max-uploads': 10 })).uploads).toHaveLength(1);
    await house.restart();
    const again = client(house, { authorizationV4 });
    if (checkpoint) await again.multipartUpload('large.bin', file, { checkpoint, partSize: 102_400 });
    expect((await again.get('large.bin')).content.equals(content)).toBe(true);
    expect((await again.listUploads({ 'max-uploads': 10 })).uploads).toEqual([]);
    expect((await house.store.head('large.bin'))?.etag).toMatch(/^[0-9a-f]{32}-4$/);
  });

  it('aborts an upload in parts, and copies an object in parts', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4 });
    const content = randomBytes(250_000);
    await oss.put('source', content);
    await oss.multipartUploadCopy('target', { sourceKey: 'source', sourceBucketName: BUCKET } as never, {
      partSize: 102_400,
    });
    expect((await oss.get('target')).content.equals(content)).toBe(true);
    const { uploadId } = await oss.initMultipartUpload('given up');
    await oss.abortMultipartUpload('given up', uploadId);
    await expect(oss.listParts('given up', uploadId, {} as never, {})).rejects.toMatchObject({ code: 'NoSuchUpload' });
  });

  it('is told by name what is wrong with its key', async () => {
    const house = await buildEndpoint();
    const wrong = client(house, { authorizationV4, accessKeySecret: 'wrong' });
    await expect(wrong.get('x')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
    const unknown = client(house, { authorizationV4, accessKeyId: 'cc00000000000000000000' });
    await expect(unknown.list({ 'max-keys': 1 }, {})).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
  });

  it('may do with the key of an account what that may', async () => {
    const people = buildHouse();
    const rules: Rule[] = [{ effect: 'allow', actions: ['upload', 'read'], topics: ['own/#'] }];
    people.roles.replace([{ name: 'own', readsInboxes: false, rules }]);
    await addAccount(people, 'anna', { role: 'own' });
    const house = await buildEndpoint({ rightsOf: (account, peer) => rightsOf(people, account, peer) });
    await client(house).put('other/1', Buffer.from('other'));
    const key = await house.keys.create('anna', 0, { account: 'anna', prefix: 'own/a/' });
    const oss = client({ ...house, key }, { authorizationV4 });
    await oss.put('own/a/1', Buffer.from('own'));
    expect((await oss.get('own/a/1')).content.toString()).toBe('own');
    for (const name of ['other/1', 'own/b/1']) {
      await expect(oss.get(name)).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
      await expect(oss.put(name, Buffer.from('x'))).rejects.toMatchObject({ code: 'AccessDenied' });
      await expect(oss.delete(name)).rejects.toMatchObject({ code: 'AccessDenied' });
    }
    expect((await oss.list({ 'max-keys': 10 }, {})).objects.map(({ name }) => name)).toEqual(['own/a/1']);
    await people.accounts.remove('anna');
    await expect(oss.get('own/a/1')).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('asks about the bucket', async () => {
    const house = await buildEndpoint();
    const oss = client(house, { authorizationV4, sldEnable: true });
    expect(((await oss.getBucketInfo(BUCKET)) as { bucket: { Name: string } }).bucket.Name).toBe(BUCKET);
    expect((await oss.getBucketACL(BUCKET)).acl).toBe('private');
    await expect(oss.getBucketInfo('another')).rejects.toMatchObject({ code: 'NoSuchBucket' });
    await expect(oss.putBucket('another')).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('a URL that ali-oss has signed', () => {
  it.each(['V1', 'V4'])('is good until it expires, by %s', async (version) => {
    const house = await buildEndpoint();
    // It signs no URL by V1 where the endpoint is an address.
    const oss = client(house, { sldEnable: true, endpoint: `http://localhost:${house.port}` });
    await oss.put('a b/ü.txt', Buffer.from('by link'));
    const url =
      version === 'V1'
        ? oss.signatureUrl('a b/ü.txt', { expires: 60 })
        : await (oss as OSS & Signer).signatureUrlV4('GET', 60, undefined, 'a b/ü.txt');
    expect(await (await fetch(url)).text()).toBe('by link');
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
    // It was signed by the real clock, however long ago this one was stopped.
    house.clock.jumpTo(Date.now() + 62_000);
    const late = await fetch(url);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('Request has expired');
  });
});

interface Signer {
  signatureUrlV4(method: string, seconds: number, request: undefined, name: string): Promise<string>;
}
