import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { type BucketItem, Client, CopyDestinationOptions, CopySourceOptions } from 'minio';
import { describe, expect, it } from 'vitest';
import { BUCKET, buildEndpoint, type EndpointHouse } from './support.ts';

const KEY = 'ordner/Grüße & +1%.txt';

function client({ port, key }: EndpointHouse): Client {
  return new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey: key.id, secretKey: key.secret });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function keysOf(minio: Client, prefix: string): Promise<(string | undefined)[]> {
  const items: BucketItem[] = await minio.listObjectsV2(BUCKET, prefix, true).toArray();
  return items.map(({ name }) => name);
}

describe('minio-js', () => {
  it('puts, gets, copies, lists and deletes', async () => {
    const house = await buildEndpoint();
    const minio = client(house);
    expect(await minio.bucketExists(BUCKET)).toBe(true);
    await minio.putObject(BUCKET, KEY, 'hello', 5, { 'Content-Type': 'text/plain', 'X-Amz-Meta-Colour': 'blue' });
    expect(await house.store.head(KEY)).toMatchObject({ contentType: 'text/plain', metadata: { colour: 'blue' } });
    expect(await minio.statObject(BUCKET, KEY)).toMatchObject({ size: 5, metaData: { colour: 'blue' } });
    expect(await text(await minio.getObject(BUCKET, KEY))).toBe('hello');
    expect(await text(await minio.getPartialObject(BUCKET, KEY, 1, 3))).toBe('ell');
    await minio.copyObject(
      new CopySourceOptions({ Bucket: BUCKET, Object: KEY }),
      new CopyDestinationOptions({ Bucket: BUCKET, Object: 'ordner/copy' }),
    );
    expect(await keysOf(minio, 'ordner/')).toEqual([KEY, 'ordner/copy']);
    await minio.removeObjects(BUCKET, [KEY, 'ordner/copy']);
    expect(await keysOf(minio, '')).toEqual([]);
    await expect(minio.getObject(BUCKET, KEY)).rejects.toMatchObject({ code: 'NoSuchKey' });
    await expect(minio.statObject(BUCKET, KEY)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('uploads a stream in parts', async () => {
    const house = await buildEndpoint();
    const minio = new Client({
      ...{ endPoint: '127.0.0.1', port: house.port, useSSL: false, partSize: 5 * 1024 * 1024 },
      ...{ accessKey: house.key.id, secretKey: house.key.secret },
    });
    const content = randomBytes(12 * 1024 * 1024);
    await minio.putObject(
      BUCKET,
      'large',
      Readable.from([content.subarray(0, 2 ** 20), content.subarray(2 ** 20)]),
      content.length,
    );
    expect((await house.store.head('large'))?.etag).toMatch(/-\d$/);
    expect(sha256(await buffer(await minio.getObject(BUCKET, 'large')))).toBe(sha256(content));
  });

  it('signs URLs for whoever has no key', async () => {
    const house = await buildEndpoint();
    const minio = client(house);
    const put = await minio.presignedPutObject(BUCKET, KEY, 60);
    expect((await fetch(put, { method: 'PUT', body: 'by url' })).status).toBe(200);
    expect(await (await fetch(await minio.presignedGetObject(BUCKET, KEY, 60))).text()).toBe('by url');
  });

  it('is told by an error of its own that its secret is wrong', async () => {
    const house = await buildEndpoint();
    const minio = client({ ...house, key: { ...house.key, secret: 'wrong' } });
    await expect(minio.listBuckets()).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
});
