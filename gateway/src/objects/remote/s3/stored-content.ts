import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { CRC64_NVME, CRC64_XZ, Crc, type CrcKind } from '../../content/crc.ts';
import type { Digests } from '../../content/digests.ts';
import type { ContentCheck } from '../checked-answer.ts';
import { unquoted } from '../store-forms.ts';

/** What a store says of an object's content; each is missing where it does not say it. */
export interface StoredContent {
  /** Hex. */
  sha256?: string;
  crc32?: number;
  /** CRC-64/XZ, decimal; a store at Aliyun says it also to clients of S3. */
  crc64?: string;
  /** CRC-64/NVME, decimal; what AWS keeps of objects by itself. */
  crc64nvme?: string;
  /** Hex; from an ETag, which is an MD5 in most stores only. */
  md5?: string;
}

/** What the headers of an object say of its content. */
export function contentIn(headers: IncomingHttpHeaders): StoredContent {
  const sha256 = wholeIn(headers, 'x-amz-checksum-sha256', 32)?.toString('hex');
  const crc = wholeIn(headers, 'x-amz-checksum-crc32', 4)?.readUInt32BE();
  const nvme = wholeIn(headers, 'x-amz-checksum-crc64nvme', 8)?.readBigUInt64BE().toString();
  const crc64 = headers['x-oss-hash-crc64ecma'] as string | undefined;
  const etag = unquoted(headers.etag ?? '');
  // With such encryption, an ETag is no digest of the content.
  const isOther =
    /kms/.test(String(headers['x-amz-server-side-encryption'] ?? '')) ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined;
  return {
    ...(sha256 !== undefined && { sha256 }),
    ...(crc !== undefined && { crc32: crc }),
    ...(crc64 !== undefined && { crc64 }),
    ...(nvme !== undefined && { crc64nvme: nvme }),
    ...(!isOther && /^[0-9a-f]{32}$/.test(etag) && { md5: etag }),
  };
}

/** A checksum of the whole content; one that is made of those of parts is of no use here. */
function wholeIn(headers: IncomingHttpHeaders, name: string, bytes: number): Buffer | undefined {
  const value = headers[name];
  if (typeof value !== 'string' || value.includes('-') || headers['x-amz-checksum-type'] === 'COMPOSITE') return;
  const found = Buffer.from(value, 'base64');
  return found.length === bytes ? found : undefined;
}

/** Whether the stored content is that of a file; undefined if what the store says does not tell. Throws the system's error. */
export async function isContentOf(
  stored: StoredContent,
  { path, digests }: { path: string; digests: Digests },
): Promise<boolean | undefined> {
  if (stored.sha256 !== undefined) return stored.sha256 === digests.sha256;
  if (stored.crc64 !== undefined) return stored.crc64 === digests.crc64;
  if (stored.crc32 !== undefined) return stored.crc32 === digests.crc32;
  const check = checkOf(stored);
  if (!check) return undefined;
  for await (const piece of createReadStream(path)) check.update(piece as Buffer);
  if (check.isRight()) return true;
  return stored.crc64nvme === undefined ? undefined : false;
}

/** Compares content that is read with what is known of it, by whatever is computed fastest; undefined if nothing is known. */
export function checkOf(stored: StoredContent): ContentCheck | undefined {
  if (stored.crc32 !== undefined) {
    let crc = 0;
    return {
      update: (piece) => {
        crc = crc32(piece, crc);
      },
      isRight: () => crc === stored.crc32,
    };
  }
  if (stored.crc64 !== undefined) return summed(CRC64_XZ, stored.crc64);
  if (stored.sha256 !== undefined) return hashed('sha256', stored.sha256);
  if (stored.crc64nvme !== undefined) return summed(CRC64_NVME, stored.crc64nvme);
  return stored.md5 === undefined ? undefined : hashed('md5', stored.md5);
}

function summed(kind: CrcKind, expected: string): ContentCheck {
  const crc = new Crc(kind);
  return { update: (piece) => crc.update(piece), isRight: () => crc.digest().toString() === expected };
}

function hashed(algorithm: 'sha256' | 'md5', expected: string): ContentCheck {
  const hash = createHash(algorithm);
  return { update: (piece) => hash.update(piece), isRight: () => hash.digest('hex') === expected };
}
