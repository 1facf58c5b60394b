import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CRC32C, CRC64_NVME, Crc, type CrcKind } from '../../objects/content/crc.ts';
import type { KeptChecksum } from '../../objects/contract.ts';
import { OssError } from '../oss-error.ts';

/** The checksums of S3 that can be asked for, with the bytes that each has. */
const BYTES = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumName = keyof typeof BYTES;

export const CHECKSUM_NAMES = Object.keys(BYTES) as readonly ChecksumName[];

const HEADER = 'x-amz-checksum-';

/** A checksum of content that comes in pieces. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  /** Call it once, at the end. */
  digest(): Buffer;
}

export function createChecksum(name: ChecksumName): Checksum {
  switch (name) {
    case 'crc32':
      return zlibCrc32();
    case 'crc32c':
      return crcOf(CRC32C);
    case 'crc64nvme':
      return crcOf(CRC64_NVME);
    default:
      return createHash(name);
  }
}

/** `crc32` of `x-amz-checksum-crc32`; undefined for what is no header of a checksum. */
export function checksumOfHeader(header: string): ChecksumName | undefined {
  return CHECKSUM_NAMES.find((name) => header === HEADER + name);
}

/** A checksum as S3 writes it, base64. Throws OssError InvalidRequest where it is none. */
export function readChecksum(name: ChecksumName, text: string): Buffer {
  const value = Buffer.from(text, 'base64');
  if (value.length === BYTES[name] && value.toString('base64') === text.trim()) return value;
  throw new OssError(400, 'InvalidRequest', `Value for ${HEADER}${name} header is invalid.`);
}

/** What must be true of content once all of it has come. */
export interface Check extends Checksum {
  /** The checksum, once it was found to be right; undefined for a check of another kind. */
  kept?: KeptChecksum;
  /** Throws OssError where the content is another. */
  verify(): void;
}

/** Whether content has the checksum that was announced; `announced` is asked at the end, as it may come behind the content. */
export function checksumCheck(name: ChecksumName, announced: () => Buffer): Check {
  const checksum = createChecksum(name);
  const check: Check = {
    update: (bytes) => checksum.update(bytes),
    digest: () => checksum.digest(),
    verify() {
      const found = checksum.digest();
      if (found.equals(announced())) {
        check.kept = { name, value: found.toString('base64') };
        return;
      }
      const message = `The ${name.toUpperCase()} you specified did not match the calculated checksum.`;
      throw new OssError(400, 'BadDigest', message);
    },
  };
  return check;
}

/** The pieces of a body. Throws OssError at its end where a check fails, so that whoever stores it does not. */
export async function* checked(body: AsyncIterable<Uint8Array>, checks: readonly Check[]): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (const check of checks) check.update(piece);
    yield piece;
  }
  for (const check of checks) check.verify();
}

function crcOf(kind: CrcKind): Checksum {
  const crc = new Crc(kind);
  return {
    update: (bytes) => crc.update(bytes),
    digest() {
      const value = Buffer.alloc(8);
      value.writeBigUInt64BE(crc.digest());
      return value.subarray(8 - kind.bits / 8);
    },
  };
}

function zlibCrc32(): Checksum {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32(bytes, crc);
    },
    digest() {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(crc);
      return value;
    },
  };
}
