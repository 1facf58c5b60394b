import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc64 } from '../../src/objects/content/crc64.ts';
import { ContentDigest, digestFile } from '../../src/objects/content/digests.ts';

function crc64(bytes: Uint8Array): string {
  const crc = new Crc64();
  crc.update(bytes);
  return crc.digest();
}

describe('CRC-64', () => {
  it('is that of XZ and OSS', () => {
    expect(BigInt(crc64(Buffer.from('123456789')))).toBe(0x995dc9bbdf1939fan);
    expect(crc64(Buffer.alloc(0))).toBe('0');
  });

  describe('by its definition, a bit at a time', () => {
    const byDefinition = (bytes: Uint8Array): string => {
      let remainder = 0xffffffffffffffffn;
      for (const byte of bytes) {
        remainder ^= BigInt(byte);
        for (let bit = 0; bit < 8; bit++)
          remainder = remainder & 1n ? (remainder >> 1n) ^ 0xc96c5795d7870f42n : remainder >> 1n;
      }
      return (remainder ^ 0xffffffffffffffffn).toString();
    };

    it('is the same of a few bytes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => crc64(bytes) === byDefinition(bytes)));
    });

    it('is the same of more than is taken in at once', () => {
      const bytes = Uint8Array.from({ length: 100_007 }, (_, index) => (index * 40_503) >> 8);
      expect(crc64(bytes)).toBe(byDefinition(bytes));
    });
  });

  it('does not mind how the bytes are cut, nor where in memory they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(7), (bytes, cut, offset) => {
        const moved = new Uint8Array(bytes.length + offset).subarray(offset);
        moved.set(bytes);
        const crc = new Crc64();
        crc.update(moved.subarray(0, cut));
        crc.update(moved.subarray(cut));
        return crc.digest() === crc64(bytes);
      }),
    );
  });
});

describe('the digests of content', () => {
  const content = Buffer.from('x'.repeat(300_000));

  it('are those of everyone else', () => {
    const digest = new ContentDigest({ withMd5: true });
    digest.update(Buffer.from('12345'));
    digest.update(Buffer.from('6789'));
    expect(digest.digest()).toEqual({
      size: 9,
      sha256: createHash('sha256').update('123456789').digest('hex'),
      md5: createHash('md5').update('123456789').digest('hex'),
      crc64: '11051210869376104954',
      crc32: 0xcbf43926,
    });
  });

  it('of a file are those of its bytes up to a size', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, content);
    const expected = new ContentDigest({ withMd5: true });
    expected.update(content.subarray(0, 200_000));
    expect(await digestFile(path, 200_000, { withMd5: true })).toEqual(expected.digest());
    expect((await digestFile(path, 400_000, { withMd5: false })).size).toBe(300_000);
  });
});
