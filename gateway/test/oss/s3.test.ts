import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { PYTHON } from '@crosscomm/testing/python';
import { beforeEach, describe, expect, it } from 'vitest';
import { body } from '../objects/support.ts';
import { type AwsInit, awsFetch } from './aws-support.ts';
import { BUCKET, buildEndpoint, codeOf, type EndpointHouse, tag } from './support.ts';

const SCRIPT = new URL('../../testing/python/s3_subresources.py', import.meta.url).pathname;
/** The parameters and headers of all of S3's operations. */
const NAMES: { params: string[]; headers: string[] } = JSON.parse(execFileSync(PYTHON, [SCRIPT], { encoding: 'utf8' }));

let house: EndpointHouse;

beforeEach(async () => {
  house = await buildEndpoint();
  await house.store.write('a', body('what was there'));
});

function s3(method: string, resource: string, init?: AwsInit): Promise<Response> {
  return awsFetch(house, method, resource, init);
}

async function content(): Promise<string | undefined> {
  const opened = await house.store.open('a');
  return opened && (await text(opened.stream));
}

describe('an object', () => {
  it('is the same for clients of S3 and of OSS, each of which is told of it in its own words', async () => {
    const kept = { 'content-type': 'image/png', 'cache-control': 'no-cache' };
    await s3('PUT', `/${BUCKET}/s3`, { body: 'one', headers: { ...kept, 'x-amz-meta-kind': 'image' } });
    await house.fetch('PUT', `/${BUCKET}/oss`, { body: 'one', headers: { ...kept, 'x-oss-meta-kind': 'image' } });
    const md5 = createHash('md5').update('one').digest('hex');
    for (const key of ['s3', 'oss']) {
      const byS3 = await s3('GET', `/${BUCKET}/${key}`);
      const byOss = await house.fetch('GET', `/${BUCKET}/${key}`);
      expect([await byS3.text(), await byOss.text()]).toEqual(['one', 'one']);
      for (const [answer, prefix, etag] of [
        [byS3, 'x-amz-', md5] as const,
        [byOss, 'x-oss-', md5.toUpperCase()] as const,
      ]) {
        expect(Object.fromEntries(answer.headers)).toMatchObject({
          ...kept,
          etag: `"${etag}"`,
          [`${prefix}meta-kind`]: 'image',
        });
        const other = prefix === 'x-amz-' ? 'x-oss-' : 'x-amz-';
        expect([...answer.headers.keys()].filter((name) => name.startsWith(other))).toEqual([]);
        expect(answer.headers.get(`${prefix}request-id`)).toMatch(/^[0-9A-F]{24}$/);
      }
    }
    const listed = await (await s3('GET', `/${BUCKET}/?list-type=2`)).text();
    expect(listed).toContain('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
    expect(listed).toContain(`<Key>oss</Key>`);
    expect(listed).toContain(`<ETag>&quot;${md5}&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass>`);
  });

  it('may be uploaded in parts by both at once, with the rules of the one that completes it', async () => {
    const id = tag(await (await house.fetch('POST', `/${BUCKET}/big?uploads`)).text(), 'UploadId') ?? '';
    const [one, two] = [randomBytes(102_400), randomBytes(10)];
    await house.fetch('PUT', `/${BUCKET}/big?partNumber=1&uploadId=${id}`, { body: one });
    const sent = await s3('PUT', `/${BUCKET}/big?partNumber=2&uploadId=${id}`, { body: two });
    const digests = [one, two].map((part) => createHash('md5').update(part).digest('hex'));
    expect(sent.headers.get('etag')).toBe(`"${digests[1]}"`);
    expect(await (await s3('GET', `/${BUCKET}/?uploads`)).text()).toContain(`<UploadId>${id}</UploadId>`);
    const parts = digests.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const init = { body: `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>` };
    expect(await codeOf(await s3('POST', `/${BUCKET}/big?uploadId=${id}`, init))).toEqual([400, 'EntityTooSmall']);
    expect((await house.fetch('POST', `/${BUCKET}/big?uploadId=${id}`, init)).status).toBe(200);
    expect((await house.store.head('big'))?.size).toBe(102_410);
  });

  it('has a checksum where a client asks for it, and not of a part', async () => {
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const whole = await s3('GET', `/${BUCKET}/a`, { headers });
    expect(whole.headers.get('x-amz-checksum-crc32')).toMatch(/^[\w+/]{6}==$/);
    expect(whole.headers.get('x-amz-checksum-type')).toBe('FULL_OBJECT');
    const part = await s3('GET', `/${BUCKET}/a`, { headers: { ...headers, range: 'bytes=0-1' } });
    expect([part.status, part.headers.get('x-amz-checksum-crc32')]).toEqual([206, null]);
    expect((await s3('HEAD', `/${BUCKET}/a`)).headers.get('x-amz-checksum-crc32')).toBeNull();
  });

  it('has the checksum that its writer gave, also where it was copied or put together', async () => {
    const asked = { 'x-amz-checksum-mode': 'ENABLED' };
    const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64');
    const told = async (key: string) =>
      (await s3('HEAD', `/${BUCKET}/${key}`, { headers: asked })).headers.get('x-amz-checksum-sha256');
    await s3('PUT', `/${BUCKET}/b`, { body: 'b', headers: { 'x-amz-checksum-sha256': sha256('b') } });
    await s3('PUT', `/${BUCKET}/copy`, { headers: { 'x-amz-copy-source': `/${BUCKET}/b` } });
    expect([await told('b'), await told('copy')]).toEqual([sha256('b'), sha256('b')]);
    const id = tag(await (await s3('POST', `/${BUCKET}/c?uploads`)).text(), 'UploadId') ?? '';
    const part = await s3('PUT', `/${BUCKET}/c?partNumber=1&uploadId=${id}`, { body: 'c' });
    const parts = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part>`;
    const complete = (checksum: string) =>
      s3('POST', `/${BUCKET}/c?uploadId=${id}`, {
        body: `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`,
        headers: { 'x-amz-checksum-sha256': checksum },
      });
    expect(await codeOf(await complete(sha256('other')))).toEqual([400, 'BadDigest']);
    expect((await complete(sha256('c'))).status).toBe(200);
    expect(await told('c')).toBe(sha256('c'));
  });

  it('is read as its one part by clients that read by parts', async () => {
    const first = await s3('GET', `/${BUCKET}/a?partNumber=1`);
    expect([first.status, first.headers.get('content-range')]).toEqual([206, 'bytes 0-13/14']);
    expect(await codeOf(await s3('GET', `/${BUCKET}/a?partNumber=2`))).toEqual([416, 'InvalidPartNumber']);
  });
});

describe('an error', () => {
  it('is told as S3 does, and without a body to a HEAD', async () => {
    const response = await s3('GET', `/${BUCKET}/missing`);
    const document = await response.text();
    expect([response.status, tag(document, 'Code'), tag(document, 'Key')]).toEqual([404, 'NoSuchKey', 'missing']);
    expect(tag(document, 'Resource')).toBe(`/${BUCKET}/missing`);
    expect(tag(document, 'RequestId')).toBe(response.headers.get('x-amz-request-id'));
    const head = await s3('HEAD', `/${BUCKET}/missing`);
    expect([head.status, await head.text(), head.headers.get('x-oss-err')]).toEqual([404, '', null]);
  });

  it.each<[what: string, request: string, init: AwsInit, answer: [number, string]]>([
    ['a document that is none', 'POST ?delete', { body: '<Delete>' }, [400, 'MalformedXML']],
    ['a key that is not allowed', 'PUT b%01', { body: 'b' }, [400, 'InvalidArgument']],
    ['a source that is none', 'PUT b', { headers: { 'x-amz-copy-source': 'x' } }, [400, 'InvalidArgument']],
    ['metadata that is too much', 'PUT b', { headers: { 'x-amz-meta-a': 'x'.repeat(9000) } }, [400, 'InvalidArgument']],
    ['a form of lists that there is not', 'GET ?list-type=3', {}, [400, 'InvalidArgument']],
    ['a method that there is not', 'PATCH a', {}, [405, 'MethodNotAllowed']],
  ])('is told of %s', async (_, request, init, answer) => {
    const [method = '', resource] = request.split(' ');
    expect(await codeOf(await s3(method, `/${BUCKET}/${resource}`, init))).toEqual(answer);
  });
});

describe('a client that gets what it asked for, or an error', () => {
  it.each(['ETag', 'LastModifiedTime', 'Size'])(
    'deletes nothing of a list with the condition %s',
    async (condition) => {
      await s3('PUT', `/${BUCKET}/a`, { body: 'kept' });
      const wanted = `<Object><Key>a</Key><${condition}>another</${condition}></Object>`;
      const body = `<Delete><Object><Key>none</Key></Object>${wanted}</Delete>`;
      expect(await codeOf(await s3('POST', `/${BUCKET}/?delete`, { body }))).toEqual([501, 'NotImplemented']);
      expect(await content()).toBe('kept');
    },
  );

  it.each(['bytes=0-4', 'bytes=4-9', 'bytes=-5', 'bytes=2-1', 'bytes=0-1,2-3', '0-1'])(
    'makes no part of %s of four bytes',
    async (range) => {
      await s3('PUT', `/${BUCKET}/a`, { body: 'four' });
      const id = tag(await (await s3('POST', `/${BUCKET}/b?uploads`)).text(), 'UploadId');
      const headers = { 'x-amz-copy-source': `/${BUCKET}/a`, 'x-amz-copy-source-range': range };
      const answer = await s3('PUT', `/${BUCKET}/b?partNumber=1&uploadId=${id}`, { headers });
      expect(await codeOf(answer)).toEqual([400, 'InvalidArgument']);
    },
  );
});

/** Those with which a PUT, POST or DELETE asks for nothing else than without. */
const PLAIN = /^(versionId|x-id)$/;
const MEANT: Record<string, RegExp> = {
  // Of the way of the body, of checks, and what an operation understands.
  PUT: /^(x-amz-(checksum-.*|sdk-checksum-algorithm|request-payer|content-sha256|date|copy-source.*|metadata-directive))$/,
  DELETE: /^(x-amz-(checksum-.*|sdk-checksum-algorithm|request-payer))$/,
};

describe('what an operation does not know', () => {
  it('is refused as a parameter, and changes nothing', { timeout: 60_000 }, async () => {
    expect(NAMES.params).toEqual(expect.arrayContaining(['tagging', 'legal-hold', 'renameObject', 'versions']));
    for (const method of ['PUT', 'POST', 'DELETE']) {
      for (const name of NAMES.params) {
        // Begins an upload in parts, which is no object.
        if (PLAIN.test(name) || (method === 'POST' && name === 'uploads')) continue;
        for (const path of [`/${BUCKET}/a`, `/${BUCKET}/`]) {
          const response = await s3(
            method,
            `${path}?${name}`,
            method === 'DELETE' ? {} : { body: '<What>it says</What>' },
          );
          expect([method, name, path, response.status >= 400 && response.status < 502]).toEqual([
            method,
            name,
            path,
            true,
          ]);
          await response.arrayBuffer();
        }
      }
      expect([method, await content()]).toEqual([method, 'what was there']);
    }
    expect((await house.store.list({ limit: 10 })).objects).toHaveLength(1);
  });

  it('is refused as a header, and changes nothing', { timeout: 60_000 }, async () => {
    for (const method of ['PUT', 'DELETE']) {
      for (const name of NAMES.headers.filter((each) => each.startsWith('x-amz-') && !MEANT[method]?.test(each))) {
        const response = await s3(method, `/${BUCKET}/a`, { headers: { [name]: 'x' } });
        expect([method, name, response.status >= 400 && response.status < 502]).toEqual([method, name, true]);
        await response.arrayBuffer();
      }
      expect([method, await content()]).toEqual([method, 'what was there']);
    }
  });
});
