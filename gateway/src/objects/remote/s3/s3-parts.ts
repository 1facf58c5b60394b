import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../../../storage/atomic-file.ts';
import type { Digests } from '../../content/digests.ts';
import { checkpointOf, readCheckpoint } from '../checkpoint.ts';
import { forgetCheckpoint, gone } from '../spooled-file.ts';
import type { S3Client } from './s3-client.ts';
import { isMissing, S3Fault } from './s3-fault.ts';
import { checkCompleted, completion, uploadIdIn, uploadsIn } from './s3-xml.ts';

/** What to send, and as which object. */
export interface SentFile {
  key: string;
  path: string;
  digests: Digests;
  /** Type, metadata, and those that are kept. */
  headers: Readonly<Record<string, string>>;
}

/** A part that is in the store: its ETag there, and its MD5 in hex. */
interface SentPart {
  number: number;
  etag: string;
  md5: string;
}

/** The record of an upload, in the file's checkpoint. */
interface Progress {
  /** The object's key. */
  name: string;
  uploadId: string;
  /** Bytes. */
  partSize: number;
  done: SentPart[];
}

/** A store takes at most 10,000 parts. */
const MAX_PARTS = 9000;
const PARTS_AT_ONCE = 2;
/** How many unknown uploads of one key are looked up at a time. */
const LOST_AT_ONCE = 100;
const PIECE_BYTES = 128 * 1024;

/** Sends files in parts, and continues with the part at which an earlier attempt, or an earlier run, broke off. */
export class S3Parts {
  readonly #client: S3Client;
  readonly #partBytes: number;

  constructor(client: S3Client, partBytes: number) {
    this.#client = client;
    this.#partBytes = partBytes;
  }

  /**
   * Sends a file. If possible, the next attempt continues where one stopped.
   * @returns the ETag that such an object has, where ETags are made of MD5
   * @throws what `S3Client` throws; ObjectError `corrupt` if the file is not what was uploaded
   */
  async send(file: SentFile): Promise<string> {
    try {
      return await this.#send(file);
    } catch (error) {
      if (isInVain(error)) await this.forget(file);
      throw error;
    }
  }

  /** The ETag that a file has which was sent in parts, where ETags are made of MD5. Throws the system's error. */
  async etagOf(path: string, size: number): Promise<string> {
    const partSize = this.#partSizeOf(size);
    const content = await open(path, 'r');
    try {
      const md5s: string[] = [];
      for (let start = 0; start < size; start += partSize) {
        const part = { start, size: Math.min(partSize, size - start), crc: 0, onlyCrc: false };
        md5s.push((await digestPart(content, part))?.md5 ?? '');
      }
      return etagOfParts(md5s);
    } finally {
      await content.close();
    }
  }

  #partSizeOf(size: number): number {
    return Math.max(this.#partBytes, Math.ceil(size / MAX_PARTS));
  }

  /** Starts from the beginning at the next attempt, and leaves no parts behind. */
  async forget({ key, path }: Pick<SentFile, 'key' | 'path'>): Promise<void> {
    const { uploadId } = (await readCheckpoint(path, key)) ?? {};
    await forgetCheckpoint(path);
    if (uploadId !== undefined) await this.#abort(key, uploadId).catch(() => {});
  }

  async #send(file: SentFile): Promise<string> {
    const { key, path, digests } = file;
    const progress = await this.#begin(file);
    const done = new Map(progress.done.map((part) => [part.number, part]));
    const content = await open(path, 'r');
    const sending = new Set<Promise<void>>();
    let fault: { error: unknown } | undefined;
    let noting: Promise<void> = Promise.resolve();
    const sendPart = async (part: Part): Promise<void> => {
      try {
        const etag = await this.#sendPart(file, progress.uploadId, part);
        done.set(part.number, { number: part.number, etag, md5: part.md5 });
        noting = noting.then(() => note(path, { ...progress, done: [...done.values()] }));
        await noting;
      } catch (error) {
        fault ??= { error };
      }
    };
    try {
      let crc = 0;
      for (let start = 0, number = 1; start < digests.size && !fault; start += progress.partSize, number++) {
        const size = Math.min(progress.partSize, digests.size - start);
        const isDone = done.has(number);
        const read = await digestPart(content, { start, size, crc, onlyCrc: isDone });
        // What the disk lost is seen before the store has all of it.
        if (read === undefined) throw gone(key);
        crc = read.crc;
        if (isDone) continue;
        const sent = sendPart({ number, start, size, ...read }).finally(() => sending.delete(sent));
        sending.add(sent);
        if (sending.size >= PARTS_AT_ONCE) await Promise.race(sending);
      }
      if (!fault && crc !== digests.crc32) throw gone(key);
    } finally {
      // No part of this attempt may arrive once the next one has started.
      await Promise.all(sending);
      await content.close();
    }
    if (fault) throw fault.error;
    return await this.#complete(key, progress.uploadId, [...done.values()]);
  }

  /** Goes on with an earlier upload, or begins one. */
  async #begin({ key, path, digests: { size }, headers }: SentFile): Promise<Progress> {
    const earlier = await readCheckpoint(path, key);
    if (earlier?.uploadId !== undefined && isProgress(earlier)) {
      if (await this.#isKnown(key, earlier.uploadId)) return earlier;
    } else if (earlier) await this.#abortLost(key);
    // An upload whose id never arrives is found again by this.
    await note(path, { name: key });
    const { text } = await this.#client.ask({ method: 'POST', key, query: { uploads: '' }, headers });
    const progress = { name: key, uploadId: uploadIdIn(text), partSize: this.#partSizeOf(size), done: [] };
    await note(path, progress);
    return progress;
  }

  /**
   * Whether the store has an upload still. Asked for without a part, as a store may answer one of an unknown upload before it has read it and
   * then end the connection: what it said is lost where its end overtakes that.
   */
  async #isKnown(key: string, uploadId: string): Promise<boolean> {
    try {
      await this.#client.ask({ method: 'GET', key, query: { uploadId, 'max-parts': '1' } });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      // Who may send parts may not always list them, and not every store can.
      if (error instanceof S3Fault && [403, 405, 501].includes(error.status ?? 0)) return true;
      throw error;
    }
  }

  async #sendPart({ key, path }: SentFile, uploadId: string, part: Part): Promise<string> {
    const { start, size, sha256, md5 } = part;
    const { headers } = await this.#client.ask({
      method: 'PUT',
      key,
      query: { partNumber: String(part.number), uploadId },
      headers: { 'content-md5': Buffer.from(md5, 'hex').toString('base64') },
      body: { path, start, size, sha256 },
    });
    if (headers.etag === undefined) throw new S3Fault('its answer cannot be read (no ETag)');
    return headers.etag;
  }

  async #complete(key: string, uploadId: string, parts: SentPart[]): Promise<string> {
    const sorted = parts.toSorted((one, other) => one.number - other.number);
    const body = completion(sorted.map(({ etag }) => etag));
    const headers = { 'content-type': 'application/xml' };
    const { text } = await this.#client.ask({ method: 'POST', key, query: { uploadId }, headers, body });
    checkCompleted(text);
    return etagOfParts(sorted.map(({ md5 }) => md5));
  }

  /** Aborts uploads of this key that were started but whose id never arrived here. */
  async #abortLost(key: string): Promise<void> {
    const query = { uploads: '', prefix: key, 'max-uploads': String(LOST_AT_ONCE) };
    const { text } = await this.#client.ask({ method: 'GET', query });
    for (const lost of uploadsIn(text)) if (lost.key === key) await this.#abort(key, lost.uploadId);
  }

  async #abort(key: string, uploadId: string): Promise<void> {
    await this.#client.ask({ method: 'DELETE', key, query: { uploadId } });
  }
}

interface Part {
  number: number;
  start: number;
  size: number;
  /** Hex. */
  sha256: string;
  md5: string;
}

/** `md5s` in hex. */
function etagOfParts(md5s: readonly string[]): string {
  const bytes = Buffer.from(md5s.join(''), 'hex');
  return `${createHash('md5').update(bytes).digest('hex')}-${md5s.length}`;
}

/** A full disk must not stop its own files from being moved away: at worst, what is not recorded is sent again. */
async function note(path: string, noted: Progress | Pick<Progress, 'name'>): Promise<void> {
  await replaceFile(checkpointOf(path), JSON.stringify(noted)).catch(() => {});
}

function isProgress(checkpoint: Partial<Progress>): checkpoint is Progress {
  const { partSize, done } = checkpoint;
  return typeof partSize === 'number' && partSize > 0 && Array.isArray(done) && done.every(isSentPart);
}

function isSentPart({ number, etag, md5 }: Partial<SentPart>): boolean {
  return Number.isInteger(number) && typeof etag === 'string' && /^[0-9a-f]{32}$/.test(md5 ?? '');
}

/**
 * The digests of a part, and the CRC-32 of the file up to its end, from that up to its start; undefined if the file is shorter.
 */
async function digestPart(
  file: FileHandle,
  { start, size, crc, onlyCrc }: { start: number; size: number; crc: number; onlyCrc: boolean },
): Promise<{ sha256: string; md5: string; crc: number } | undefined> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size));
  let sum = crc;
  for (let position = start; position < start + size; ) {
    const wanted = Math.min(buffer.length, start + size - position);
    const { bytesRead } = await file.read(buffer, 0, wanted, position);
    if (bytesRead === 0) return undefined;
    const piece = buffer.subarray(0, bytesRead);
    sum = crc32(piece, sum);
    if (!onlyCrc) {
      sha256.update(piece);
      md5.update(piece);
    }
    position += bytesRead;
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), crc: sum };
}

/** The store does not know the upload, or will never take its parts. */
function isInVain(error: unknown): boolean {
  return error instanceof S3Fault && (error.status === 400 || error.status === 404) && error.code !== 'NoSuchBucket';
}
