import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awsPayload, keptEncoding } from '../../src/oss/body/aws-payload.ts';
import type { Payload } from '../../src/oss/request.ts';
import { authenticateAws } from '../../src/oss/signature/authenticate.ts';
import {
  awsRequest,
  CHUNKED,
  CHUNKED_BODY,
  CHUNKED_BODY_WITH_TRAILER,
  CHUNKED_WITH_TRAILER,
  EXAMPLE_KEY,
  type Vector,
} from './aws-vectors.ts';

const CONTENT = 'a'.repeat(66_560);

/** The body in pieces of so many bytes. */
async function* cut(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.length; start += size) yield Buffer.from(body.subarray(start, start + size));
}

async function signed({ request, nowMs, targets }: Vector, secret = EXAMPLE_KEY.secret): Promise<Payload> {
  const { body } = await authenticateAws(request, targets, {
    findKey: async (id) => ({ id, secret, name: '', createdMs: 0 }),
    clock: { now: () => nowMs, isTrusted: () => true },
  });
  return awsPayload(request, body);
}

async function read(payload: Payload, body: Uint8Array, size = 10_000): Promise<string> {
  const pieces: Buffer[] = [];
  // A piece is valid only until the next one is asked for.
  for await (const piece of payload.read(cut(body, size))) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('latin1');
}

describe('a body in signed chunks', () => {
  it.each([87, 1000, 65_536, 100_000])('is right as its documentation has it, in pieces of %d bytes', async (size) => {
    const payload = await signed(CHUNKED);
    expect(payload.decodedSize).toBe(CONTENT.length);
    expect(await read(payload, CHUNKED_BODY, size)).toBe(CONTENT);
    expect(await read(await signed(CHUNKED_WITH_TRAILER), CHUNKED_BODY_WITH_TRAILER, size)).toBe(CONTENT);
  });

  it('may have line feeds where the documentation of the trailer has them', async () => {
    const body = CHUNKED_BODY_WITH_TRAILER.toString('latin1').replace('sOO8/Q==\r\n', 'sOO8/Q==\n\r\n\r\n\r\n');
    expect(await read(await signed(CHUNKED_WITH_TRAILER), Buffer.from(body, 'latin1'))).toBe(CONTENT);
  });

  it.each<[string, Vector, (body: string) => string, string]>([
    ['with other content', CHUNKED, (body) => body.replace('aaaa', 'aaba'), 'SignatureDoesNotMatch'],
    ['without a signature', CHUNKED, (body) => body.replace(/;chunk[^\r]*/, ''), 'SignatureDoesNotMatch'],
    ['with another last signature', CHUNKED, (body) => body.replace('=b6c6', '=b6c7'), 'SignatureDoesNotMatch'],
    ['whose last chunk is missing', CHUNKED, (body) => body.slice(0, body.lastIndexOf('0;')), 'IncompleteBody'],
    ['that ends in a chunk', CHUNKED, (body) => body.slice(0, 5000), 'IncompleteBody'],
    ['with an empty chunk too early', CHUNKED, (body) => body.replace(/^10000;/, '0;'), 'IncompleteBody'],
    ['that is longer than announced', CHUNKED, (body) => body.replace('\r\n400;', '\r\n401;'), 'IncompleteBody'],
    [
      'whose chunk is longer than its head says',
      CHUNKED,
      (body) => body.replace('\r\n400;', '\r\n3ff;'),
      'InvalidRequest',
    ],
    ['with a trailer that nobody announced', CHUNKED, (body) => `${body}x-amz-a:b\r\n`, 'MalformedTrailerError'],
    [
      'with another checksum behind it',
      CHUNKED_WITH_TRAILER,
      (body) => body.replace('sOO8', 'sOO9'),
      'SignatureDoesNotMatch',
    ],
    [
      'without the signature of its trailer',
      CHUNKED_WITH_TRAILER,
      (body) => body.replace(/x-amz-trailer-sig[^\r]*\r\n/, ''),
      'SignatureDoesNotMatch',
    ],
    [
      'without its trailer',
      CHUNKED_WITH_TRAILER,
      (body) => body.replace(/x-amz-checksum[^\r]*\r\n/, ''),
      'MalformedTrailerError',
    ],
  ])('%s is refused', async (_what, vector, change, code) => {
    const body = Buffer.from(change(vector === CHUNKED ? String(CHUNKED_BODY) : String(CHUNKED_BODY_WITH_TRAILER)));
    await expect(read(await signed(vector), body)).rejects.toMatchObject({ code });
  });
});

/** The headers of an upload whose chunks are not signed. */
function unsigned(headers: Record<string, string>): Payload {
  return awsPayload(awsRequest({ method: 'PUT', headers: new Map(Object.entries(headers)) }), {
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  });
}

const DIGITS = Buffer.from('123456789');
const SHA256 = createHash('sha256').update(DIGITS).digest();
const CHECKSUMS = {
  crc32: 'y/Q5Jg==',
  crc32c: '4waSgw==',
  crc64nvme: 'rosUhgp5mIg=',
  sha1: '98O8HYCOBHMq32eZZczDTKeuNEE=',
  sha256: SHA256.toString('base64'),
};

describe('a body in chunks that are not signed', () => {
  it.each(Object.entries(CHECKSUMS))('has the checksum %s behind it', async (name, value) => {
    const trailer = `x-amz-checksum-${name}`;
    const body = (text: string) => Buffer.from(`4\r\n1234\r\n5\r\n56789\r\n0\r\n${trailer}:${text}\r\n\r\n`);
    const payload = () => unsigned({ 'x-amz-trailer': trailer, 'x-amz-decoded-content-length': '9' });
    expect(await read(payload(), body(value), 7)).toBe('123456789');
    const wrong = `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`;
    await expect(read(payload(), body(wrong))).rejects.toMatchObject({ code: 'BadDigest', status: 400 });
    await expect(read(payload(), body('abc'))).rejects.toMatchObject({ code: 'InvalidRequest', status: 400 });
  });

  it('comes to as many pieces as the network delivers, however small the chunks are', async () => {
    const body = Buffer.from(`${'1\r\nx\r\n'.repeat(5000)}0\r\n\r\n`);
    const pieces: string[] = [];
    for await (const piece of unsigned({ 'x-amz-decoded-content-length': '5000' }).read(cut(body, 12_000))) {
      pieces.push(Buffer.from(piece).toString());
    }
    expect(pieces).toHaveLength(3);
    expect(pieces.join('')).toBe('x'.repeat(5000));
  });

  it('is the same however it is chunked, and cut on its way', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (contents, size) => {
        const body = contents.flatMap((content) => [`${content.length.toString(16)}\r\n`, content, '\r\n']);
        const bytes = Buffer.concat([...body, '0\r\n\r\n'].map((part) => Buffer.from(part)));
        const whole = Buffer.concat(contents);
        const payload = unsigned({ 'x-amz-decoded-content-length': String(whole.length) });
        return (await read(payload, bytes, size)) === whole.toString('latin1');
      }),
    );
  });

  it('that is any bytes is refused, or has what was announced', async () => {
    const noise = fc.array(fc.oneof(fc.constantFrom('1', '0', 'a', ';', '\r\n', '\n', 'x-amz:'), fc.string()));
    await fc.assert(
      fc.asyncProperty(noise, async (parts) => {
        const payload = unsigned({ 'x-amz-decoded-content-length': '1' });
        const content = await read(payload, Buffer.from(parts.join(''))).catch((error: { code?: string }) => {
          if (error.code === undefined) throw error;
        });
        return content === undefined || content.length === 1;
      }),
    );
  });

  it.each<[string, string, string]>([
    ['a head without an end', 'f'.repeat(2000), 'InvalidRequest'],
    ['a length of a million digits', '1'.repeat(1_000_000), 'InvalidRequest'],
    ['a length that is none', 'xyz\r\n', 'InvalidRequest'],
    ['a negative length', '-1\r\n', 'InvalidRequest'],
    ['more than all that was announced', 'ffffffffffff\r\n', 'IncompleteBody'],
    ['trailers without an end', `1\r\nx\r\n0\r\n${'\r\n'.repeat(5000)}`, 'MalformedTrailerError'],
    [
      'the same trailer twice',
      '1\r\nx\r\n0\r\nx-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a',
      'MalformedTrailerError',
    ],
  ])('with %s is refused as soon as that is known', async (_what, body, code) => {
    const payload = unsigned({ 'x-amz-decoded-content-length': '1', 'x-amz-trailer': 'x-amz-checksum-crc32' });
    await expect(read(payload, Buffer.from(body), 16_384)).rejects.toMatchObject({ code });
  });
});

describe('what the headers say of a body', () => {
  const plain = (headers: Record<string, string>, digest = 'UNSIGNED-PAYLOAD', method = 'PUT') =>
    awsPayload(awsRequest({ method, headers: new Map(Object.entries(headers)) }), { payload: digest });

  it.each(Object.entries(CHECKSUMS))('is checked: %s', async (name, value) => {
    expect(await read(plain({ [`x-amz-checksum-${name}`]: value }), DIGITS)).toBe('123456789');
    await expect(read(plain({ [`x-amz-checksum-${name}`]: value }), Buffer.from('12345678'))).rejects.toMatchObject({
      code: 'BadDigest',
    });
  });

  it('is checked: the digest that is signed', async () => {
    expect(await read(plain({}, SHA256.toString('hex').toUpperCase()), DIGITS)).toBe('123456789');
    await expect(read(plain({}, SHA256.toString('hex')), Buffer.from('other'))).rejects.toMatchObject({
      code: 'XAmzContentSHA256Mismatch',
      status: 400,
    });
  });

  it('is no checksum of a list of parts, but of the object that they become', async () => {
    const request = awsRequest({
      method: 'POST',
      query: [['uploadId', 'x']],
      headers: new Map([['x-amz-checksum-crc32', CHECKSUMS.crc32]]),
    });
    expect(await read(awsPayload(request, { payload: undefined }), Buffer.from('<parts/>'))).toBe('<parts/>');
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['a checksum that is none', { 'x-amz-checksum-sha1': 'abcd' }, 'UNSIGNED-PAYLOAD', 'InvalidRequest'],
    [
      'two checksums',
      { 'x-amz-checksum-sha1': CHECKSUMS.sha1, 'x-amz-checksum-crc32': CHECKSUMS.crc32 },
      'UNSIGNED-PAYLOAD',
      'InvalidRequest',
    ],
    ['no such word', {}, 'SIGNED', 'InvalidArgument'],
    ['another algorithm', {}, 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', 'NotImplemented'],
    ['signed chunks that nothing signs', {}, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'InvalidArgument'],
    ['no length', {}, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'MissingContentLength'],
    [
      'no such trailer',
      { 'x-amz-trailer': 'x-amz-checksum-md4' },
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'NotImplemented',
    ],
  ])('is refused: %s', (_what, headers, digest, code) => {
    expect(() => plain(headers, digest)).toThrow(expect.objectContaining({ code }));
  });

  it('is kept of its encoding but for that of its way', () => {
    expect(keptEncoding('aws-chunked')).toBeUndefined();
    expect(keptEncoding('aws-chunked,gzip')).toBe('gzip');
    expect(keptEncoding('gzip, AWS-chunked')).toBe('gzip');
    expect(keptEncoding('gzip')).toBe('gzip');
  });
});
