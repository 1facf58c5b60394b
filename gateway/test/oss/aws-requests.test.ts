import { createHmac, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { awsChunkedFetch, awsFetch, UNSIGNED_CHUNKS, unsignedChunks } from './aws-support.ts';
import { BUCKET, buildEndpoint, codeOf, type EndpointHouse, tag } from './support.ts';

let house: EndpointHouse;

beforeEach(async () => {
  house = await buildEndpoint();
});

async function stored(key: string): Promise<string | undefined> {
  const found = await house.store.open(key);
  return found && (await text(found.stream));
}

const CHUNKS = ['one ', 'two ', 'three'].map((chunk) => Buffer.from(chunk));
const CONTENT = 'one two three';

function crc32Of(content: string): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(content));
  return value.toString('base64');
}

const TRAILER = { 'x-amz-checksum-crc32': crc32Of(CONTENT) };

describe('an upload that is signed by AWS V4', () => {
  it('is stored, whatever it says of the region', async () => {
    const answer = await awsFetch(house, 'PUT', `/${BUCKET}/plain`, { body: CONTENT });
    expect(answer.status).toBe(200);
    expect(await stored('plain')).toBe(CONTENT);
  });

  it('is not stored where its body is not the one that was signed', async () => {
    const other = await awsFetch(house, 'PUT', `/${BUCKET}/other`, { body: CONTENT, payload: 'a'.repeat(64) });
    expect(await codeOf(other)).toEqual([400, 'BadDigest']);
    const headers = { 'x-amz-checksum-crc32': crc32Of('other') };
    const digest = await awsFetch(house, 'PUT', `/${BUCKET}/other`, { body: CONTENT, headers });
    expect(await codeOf(digest)).toEqual([400, 'BadDigest']);
    expect(await stored('other')).toBeUndefined();
  });

  it('may come in chunks that are signed, with a checksum behind them', async () => {
    expect((await awsChunkedFetch(house, `/${BUCKET}/chunked`, CHUNKS)).status).toBe(200);
    expect(await stored('chunked')).toBe(CONTENT);
    const large = [randomBytes(65_536), randomBytes(65_536), randomBytes(100)];
    expect((await awsChunkedFetch(house, `/${BUCKET}/large`, large)).status).toBe(200);
    expect((await house.store.head('large'))?.size).toBe(131_172);
    expect((await awsChunkedFetch(house, `/${BUCKET}/trailer`, CHUNKS, TRAILER)).status).toBe(200);
    expect(await stored('trailer')).toBe(CONTENT);
    const wrong = await awsChunkedFetch(house, `/${BUCKET}/wrong`, [Buffer.from('other')], TRAILER);
    expect(await codeOf(wrong)).toEqual([400, 'BadDigest']);
    expect(await stored('wrong')).toBeUndefined();
  });

  it('may come in chunks that are not signed, whose encoding is not kept', async () => {
    const upload = (key: string, trailers: Record<string, string>) =>
      awsFetch(house, 'PUT', `/${BUCKET}/${key}`, {
        payload: UNSIGNED_CHUNKS,
        headers: {
          'content-encoding': 'aws-chunked,gzip',
          'x-amz-decoded-content-length': String(CONTENT.length),
          'x-amz-trailer': 'x-amz-checksum-crc32',
        },
        body: unsignedChunks(CHUNKS, trailers),
      });
    expect((await upload('unsigned', TRAILER)).status).toBe(200);
    expect(await stored('unsigned')).toBe(CONTENT);
    expect((await house.store.head('unsigned'))?.headers).toEqual({ 'content-encoding': 'gzip' });
    expect(await codeOf(await upload('bad', { 'x-amz-checksum-crc32': 'AAAAAA==' }))).toEqual([400, 'BadDigest']);
    expect(await codeOf(await upload('bad', {}))).toEqual([400, 'MalformedTrailerError']);
    expect(await stored('bad')).toBeUndefined();
  });

  it('leaves its connection to the next request, where it was refused for its chunks', async () => {
    const headers = { 'x-amz-decoded-content-length': '13' };
    const answer = await awsFetch(house, 'PUT', `/${BUCKET}/chunkless`, {
      payload: UNSIGNED_CHUNKS,
      headers,
      body: `zzz\r\n${CONTENT}`,
    });
    expect(await codeOf(answer)).toEqual([400, 'InvalidRequest']);
    expect((await awsFetch(house, 'GET', `/${BUCKET}/?list-type=2`)).status).toBe(200);
  });
});

describe('a signature of AWS that is wrong', () => {
  it('is answered in S3’s words, with what should have been signed', async () => {
    const key = { ...house.key, secret: 'wrong-secret' };
    const answer = await awsFetch({ ...house, key }, 'GET', `/${BUCKET}/plain?versionId=null`);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-amz-request-id')).toMatch(/^[0-9A-F]+$/);
    const xml = await answer.text();
    expect(tag(xml, 'Code')).toBe('SignatureDoesNotMatch');
    expect(tag(xml, 'AWSAccessKeyId')).toBe(house.key.id);
    expect(tag(xml, 'StringToSign')).toMatch(/^AWS4-HMAC-SHA256\n\d{8}T\d{6}Z\n/);
    expect(tag(xml, 'CanonicalRequest')).toMatch(/^GET\n\/crosscomm\/plain\nversionId=null\nhost:/);
    expect(xml).not.toContain(house.key.secret);
  });

  it('of a chunk ends the upload, though the request was signed well', async () => {
    const spoil = (body: Buffer): Buffer => Buffer.from(body.toString('latin1').replace('two', 'TWO'), 'latin1');
    const answer = await awsChunkedFetch(house, `/${BUCKET}/spoiled`, CHUNKS, {}, spoil);
    const xml = await answer.text();
    expect([answer.status, tag(xml, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(tag(xml, 'StringToSign')).toMatch(/^AWS4-HMAC-SHA256-PAYLOAD\n/);
    expect(await stored('spoiled')).toBeUndefined();
  });

  it('is no signature of OSS, whatever headers are added to that', async () => {
    await house.store.write('secret', Readable.from([Buffer.from('secret')]));
    const expires = String(Math.floor(house.clock.now() / 1000) + 60);
    const signature = createHmac('sha1', house.key.secret)
      .update(`PUT\n\n\n${expires}\n/${BUCKET}/mine`)
      .digest('base64');
    const query = new URLSearchParams({ OSSAccessKeyId: house.key.id, Expires: expires, Signature: signature });
    const put = (headers: Record<string, string>) =>
      fetch(`${house.url}/${BUCKET}/mine?${query}`, { method: 'PUT', headers });
    // It signs no headers of another protocol.
    expect(await codeOf(await put({ 'x-amz-copy-source': `/${BUCKET}/secret` }))).toEqual([403, 'AccessDenied']);
    expect(await stored('mine')).toBeUndefined();
    expect((await put({})).status).toBe(200);
  });
});
