import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { CRC64_XZ, Crc } from './crc.ts';

/** The digests that identify a content. */
export interface Digests {
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
  /** Hex; left out if nobody asked for it, as it takes longer than all the others together. */
  md5?: string;
  /** CRC-64/XZ, decimal. */
  crc64: string;
  /** CRC-32 as in zlib and PNG, an unsigned number. */
  crc32: number;
}

/** Computes the digests of content that comes in pieces. */
export class ContentDigest {
  readonly #sha256 = createHash('sha256');
  readonly #md5: Hash | undefined;
  readonly #crc64 = new Crc(CRC64_XZ);
  #crc32 = 0;
  #size = 0;

  constructor({ withMd5 }: { withMd5: boolean }) {
    if (withMd5) this.#md5 = createHash('md5');
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#md5?.update(bytes);
    this.#crc64.update(bytes);
    this.#crc32 = crc32(bytes, this.#crc32);
    this.#size += bytes.length;
  }

  /** Call it once, at the end. */
  digest(): Digests {
    return {
      size: this.#size,
      sha256: this.#sha256.digest('hex'),
      ...(this.#md5 ? { md5: this.#md5.digest('hex') } : {}),
      crc64: this.#crc64.digest().toString(),
      crc32: this.#crc32,
    };
  }
}

/** The ETag of an object: its MD5 or, if that is not known, an ETag in the form of multipart objects. */
export function etagOf({ md5, sha256 }: Digests): string {
  return md5 ?? `${sha256.slice(0, 32)}-1`;
}

/** Fits into a processor's inner caches, as each piece is read by four digests. */
const PIECE_BYTES = 128 * 1024;

/** The digests of bytes in memory. */
export function digestBytes(bytes: Uint8Array, options: { withMd5: boolean }): Digests {
  const digest = new ContentDigest(options);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) digest.update(bytes.subarray(at, at + PIECE_BYTES));
  return digest.digest();
}

/** The digests of the first `size` bytes of a file, or of all bytes if it is shorter. Throws the system's error. */
export async function digestFile(path: string, size: number, options: { withMd5: boolean }): Promise<Digests> {
  const digest = new ContentDigest(options);
  for await (const piece of piecesOf(path, size)) digest.update(piece);
  return digest.digest();
}

/** The first `size` bytes of a file, each piece of which is valid only until the next one is requested. Throws the system's error. */
export async function* piecesOf(path: string, size: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    yield* readPieces(file, 0, size);
  } finally {
    await file.close();
  }
}

/** The bytes of a file from `start` up to but not including `end`. Each piece is valid only until the next one is requested. */
async function* readPieces(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - start));
  for (let position = start; position < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
