import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { BUCKET, buildEndpoint, type EndpointHouse } from './support.ts';

const KEY = "ordner/Grüße & +1% (it's).txt";

function client({ url, key }: EndpointHouse, options: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'eu-anywhere-1',
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    forcePathStyle: true,
    // Errors are to be seen at once.
    maxAttempts: 1,
    ...options,
  });
}

/** For the bucket in the host: names that only a name server would know are this machine. */
const here = new Agent({ lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) });

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('@aws-sdk/client-s3', () => {
  it.each<[string, S3ClientConfig]>([
    ['the bucket in the path', {}],
    ['the bucket in the host', { forcePathStyle: false, requestHandler: { httpAgent: here } }],
  ])('puts, gets, copies, lists and deletes, with %s', async (_style, options) => {
    const house = await buildEndpoint();
    const url = options.forcePathStyle === false ? `http://pi.local:${house.port}` : house.url;
    const s3 = client({ ...house, url }, options);
    const named = { Bucket: BUCKET, Key: KEY };
    await s3.send(new HeadBucketCommand({ Bucket: BUCKET }));
    await s3.send(
      new PutObjectCommand({ ...named, Body: 'hello', ContentType: 'text/plain', Metadata: { colour: 'blue' } }),
    );
    expect(await house.store.head(KEY)).toMatchObject({ contentType: 'text/plain', metadata: { colour: 'blue' } });
    const got = await s3.send(new GetObjectCommand(named));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({ ContentType: 'text/plain', Metadata: { colour: 'blue' }, ETag: `"${md5('hello')}"` });
    const range = await s3.send(new GetObjectCommand({ ...named, Range: 'bytes=1-3' }));
    expect(await range.Body?.transformToString()).toBe('ell');
    await s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/${encodeURIComponent(KEY)}` }),
    );
    const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(list.Contents?.map(({ Key }) => Key)).toEqual(['copy', KEY]);
    const objects = list.Contents?.map(({ Key }) => ({ Key })) ?? [];
    await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: objects } }));
    await expect(s3.send(new HeadObjectCommand(named))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(s3.send(new GetObjectCommand(named))).rejects.toMatchObject({ name: 'NoSuchKey' });
    s3.destroy();
  });

  it('announces each checksum, of content whose length it knows or not', async () => {
    const house = await buildEndpoint();
    const s3 = client(house);
    const content = randomBytes(200_000);
    for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as ChecksumAlgorithm[]) {
      const put = (Key: string, Body: Uint8Array | Readable) =>
        s3.send(
          new PutObjectCommand({
            Bucket: BUCKET,
            Key,
            Body,
            ChecksumAlgorithm: algorithm,
            ContentLength: content.length,
          }),
        );
      await put(`${algorithm}/bytes`, content);
      await put(`${algorithm}/stream`, Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]));
      for (const kind of ['bytes', 'stream']) {
        const found = await house.store.open(`${algorithm}/${kind}`);
        expect(found?.info.headers).toBeUndefined();
        expect(sha256(await buffer(found?.stream as Readable))).toBe(sha256(content));
      }
    }
    const wrong = new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'wrong',
      Body: 'other',
      ChecksumSHA256: sha256Text('hello'),
    });
    await expect(s3.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    expect(await house.store.head('wrong')).toBeUndefined();
    s3.destroy();
  });

  it('uploads in parts what it does not know the length of', async () => {
    const house = await buildEndpoint();
    const s3 = client(house);
    const content = randomBytes(12 * 1024 * 1024);
    const pieces = Array.from({ length: 12 }, (_, index) => content.subarray(index * 2 ** 20, (index + 1) * 2 ** 20));
    const upload = new Upload({ client: s3, params: { Bucket: BUCKET, Key: 'large', Body: Readable.from(pieces) } });
    const { ETag } = await upload.done();
    expect(ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'large' }));
    expect(sha256((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(sha256(content));
    s3.destroy();
  });

  it('signs URLs for whoever has no key', async () => {
    const house = await buildEndpoint();
    const s3 = client(house);
    const expiresIn = 60;
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket: BUCKET, Key: KEY }), { expiresIn });
    expect((await fetch(put, { method: 'PUT', body: 'by url' })).status).toBe(200);
    const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket: BUCKET, Key: KEY }), { expiresIn });
    expect(await (await fetch(get)).text()).toBe('by url');
    // It was signed by the real clock, however long ago this one was stopped.
    house.clock.jumpTo(Date.now() + 62_000);
    expect((await fetch(get)).status).toBe(403);
    s3.destroy();
  });

  it('is told by an error of its own that its secret is wrong', async () => {
    const house = await buildEndpoint();
    const s3 = client({ ...house, key: { ...house.key, secret: 'wrong' } });
    await expect(s3.send(new ListBucketsCommand())).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
    s3.destroy();
  });
});

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function sha256Text(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
