import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRC32C, CRC64_NVME, CRC64_XZ, Crc, type CrcKind } from '../../src/objects/content/crc.ts';
import { ContentDigest, digestFile } from '../../src/objects/content/digests.ts';

function crcOf(kind: CrcKind, bytes: Uint8Array): bigint {
  const crc = new Crc(kind);
  crc.update(bytes);
  return crc.digest();
}

describe.each([
  // The values of "123456789", which the catalogue of CRCs (reveng.sourceforge.io) calls check.
  { name: 'CRC-64/XZ', kind: CRC64_XZ, polynomial: 0xc96c5795d7870f42n, check: 0x995dc9bbdf1939fan },
  { name: 'CRC-64/NVME', kind: CRC64_NVME, polynomial: 0x9a6c9329ac4bc9b5n, check: 0xae8b14860a799888n },
  { name: 'CRC-32C', kind: CRC32C, polynomial: 0x82f63b78n, check: 0xe3069283n },
])('$name', ({ kind, polynomial, check }) => {
  it('is that of everyone else', () => {
    expect(crcOf(kind, Buffer.from('123456789'))).toBe(check);
    expect(crcOf(kind, Buffer.alloc(0))).toBe(0n);
  });

  describe('by its definition, a bit at a time', () => {
    const ones = (1n << BigInt(kind.bits)) - 1n;
    const byDefinition = (bytes: Uint8Array): bigint => {
      let remainder = ones;
      for (const byte of bytes) {
        remainder ^= BigInt(byte);
        for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ polynomial : remainder >> 1n;
      }
      return remainder ^ ones;
    };

    it('is the same of a few bytes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => crcOf(kind, bytes) === byDefinition(bytes)));
    });

    it('is the same of more than is taken in at once', () => {
      const bytes = Uint8Array.from({ length: 100_007 }, (_, index) => (index * 40_503) >> 8);
      expect(crcOf(kind, bytes)).toBe(byDefinition(bytes));
    });
  });

  it('does not mind how the bytes are cut, nor where in memory they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(7), (bytes, cut, offset) => {
        const moved = new Uint8Array(bytes.length + offset).subarray(offset);
        moved.set(bytes);
        const crc = new Crc(kind);
        crc.update(moved.subarray(0, cut));
        const later = new Crc(kind, crc.digest());
        for (const each of [crc, later]) each.update(moved.subarray(cut));
        return crc.digest() === crcOf(kind, bytes) && later.digest() === crc.digest();
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
