import { existsSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ByteRange } from '../../../common/ranges.ts';
import { type Digests, digestFile } from '../../content/digests.ts';
import {
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type WriteOptions,
} from '../../contract.ts';
import { sendable } from '../../kept-headers.ts';
import type { Destination } from '../../uploads/mover.ts';
import { checkedAnswer } from '../checked-answer.ts';
import { checkFile, forgetCheckpoint, gone, notAsSent, type SpooledFile } from '../spooled-file.ts';
import { DEFAULT_TYPE, infoIn, listedInfo, pageOf, startAfter, unquoted } from '../store-forms.ts';
import { S3Client, type S3ClientOptions } from './s3-client.ts';
import { isMissing, S3Fault, toS3Error } from './s3-fault.ts';
import { fittingMetadata } from './s3-metadata.ts';
import { S3Parts } from './s3-parts.ts';
import { keysIn, type ListedKey } from './s3-xml.ts';
import { checkOf, contentIn, isContentOf, type StoredContent } from './stored-content.ts';

export interface S3StoreOptions extends S3ClientOptions {
  /** Larger objects are sent in parts of this size, each of which is retried alone; most stores take none below 5 MiB. */
  partBytes: number;
  /** What this gateway has brought there under a key, with its digests; they count while the ETag is the same. */
  sent?(key: string): Promise<ObjectInfo | undefined>;
}

/** Has the store say the checksums that it keeps. */
const WITH_CHECKSUMS = { 'x-amz-checksum-mode': 'ENABLED' };

/**
 * Objects in a store that speaks S3's protocol: MinIO, Garage, Ceph, AWS, Aliyun and others. It retries nothing itself: the mover does so
 * later, and large uploads continue with the part at which they broke off. An upload counts as stored only when the store has proved that
 * the content is the right one: by a checksum, by an ETag that is made of MD5, or else by giving it back.
 */
export class S3Store implements Destination {
  readonly #options: S3StoreOptions;
  readonly #client: S3Client;
  readonly #parts: S3Parts;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#client = new S3Client(options);
    this.#parts = new S3Parts(this.#client, options.partBytes);
  }

  /** Aborts what is being sent and read. */
  close(): void {
    this.#client.close();
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return await orError(async () => {
      const headers = await this.#headersOf(key);
      return headers && (await this.#infoOf(key, headers));
    });
  }

  async open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    checkKey(key);
    return await orError(() => this.#open(key, range));
  }

  async #open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    const { clock, timeoutMs } = this.#options;
    const headers = { ...WITH_CHECKSUMS, ...(range && { range: `bytes=${range.start}-${range.end}` }) };
    try {
      const answer = await this.#client.send({ method: 'GET', key, headers });
      const size = sizeIn(answer.headers, range);
      if (size === undefined || answer.statusCode !== (range ? 206 : 200)) {
        answer.destroy();
        throw notS3();
      }
      const info = { ...(await this.#infoOf(key, answer.headers)), size };
      const check = checkOf({ ...contentIn(answer.headers), ...digestsOf(info) });
      const setting = { info, range, check, clock, timeoutMs, store: 'S3', toFault: toS3Error };
      return { info, stream: checkedAnswer(answer, setting) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof S3Fault) || error.status !== 416) throw error;
      // An empty object has no range.
      const info = await this.head(key);
      if (info && info.size > 0) throw new ObjectError('unavailable', `The object ${key} has just changed; ask again.`);
      return info && { info, stream: Readable.from([]) };
    }
  }

  async remove(key: string): Promise<boolean> {
    if ((await this.head(key)) === undefined) return false;
    await orError(() => this.#client.ask({ method: 'DELETE', key }));
    return true;
  }

  /** S3's list does not contain an object's type and metadata, so they are left out. */
  async list({ prefix = '', delimiter, after, limit }: ListOptions): Promise<ObjectPage> {
    const start = startAfter(after, delimiter);
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(Math.min(limit, 1000)),
      ...(prefix === '' ? {} : { prefix }),
      ...(delimiter === undefined ? {} : { delimiter }),
      ...(start === undefined ? {} : { 'start-after': start }),
    };
    return await orError(async () => {
      const { text } = await this.#client.ask({ method: 'GET', query });
      const { keys, prefixes, isTruncated } = keysIn(text);
      return pageOf(keys.map(toListed), prefixes, isTruncated);
    });
  }

  /**
   * Sends a file and makes sure that it has arrived intact. If an earlier attempt has brought it there, it is not sent again; a large file
   * continues where that attempt broke off, by its checkpoint.
   */
  async adopt(key: string, file: SpooledFile, options: WriteOptions): Promise<ObjectInfo> {
    checkKey(key);
    return await orError(async () => {
      try {
        return await this.#adopt(key, file, options);
      } catch (error) {
        throw existsSync(file.path) ? error : gone(key);
      }
    });
  }

  async #adopt(key: string, file: SpooledFile, options: WriteOptions): Promise<ObjectInfo> {
    const { path } = file;
    const before = await this.#headersOf(key);
    if (before && (await this.#isThere(before, file))) return await this.#arrived(key, before, file);
    const { contentType = DEFAULT_TYPE, headers = {}, metadata = {} } = options;
    const meta = Object.entries(fittingMetadata(metadata)).map(([name, value]) => [`x-amz-meta-${name}`, value]);
    const sent = { 'content-type': contentType, ...sendable(headers), ...Object.fromEntries(meta) };
    const etag = await this.#send(key, file, sent);
    const after = await this.#headersOf(key);
    if (after && (await this.#hasArrived(key, after, file, etag))) return await this.#arrived(key, after, file);
    await this.#parts.forget({ key, path });
    await checkFile(key, file);
    throw notAsSent(key);
  }

  /** Whether an object is known to have the file's content already. */
  async #isThere(headers: IncomingHttpHeaders, file: SpooledFile): Promise<boolean> {
    const { path, digests } = file;
    if (Number(headers['content-length']) !== digests.size) return false;
    const found = await isContentOf(contentIn(headers), file);
    if (found !== undefined || digests.size <= this.#options.partBytes) return found === true;
    const etag = unquoted(headers.etag ?? '');
    return etag.includes('-') && etag === (await this.#parts.etagOf(path, digests.size));
  }

  /** Sends a file; the ETag that it has then, where that is made of MD5. */
  async #send(key: string, file: SpooledFile, headers: Readonly<Record<string, string>>): Promise<string> {
    const { path, digests } = file;
    if (digests.size > this.#options.partBytes) return await this.#parts.send({ key, path, digests, headers });
    const { sha256, md5 = '' } = await digestFile(path, digests.size, { withMd5: true });
    if (sha256 !== digests.sha256) throw gone(key);
    const answer = await this.#client.ask({
      method: 'PUT',
      key,
      headers: { ...headers, 'content-md5': Buffer.from(md5, 'hex').toString('base64') },
      body: { path, start: 0, size: digests.size, sha256 },
    });
    if (answer.headers.etag === undefined) throw notS3();
    return md5;
  }

  async #hasArrived(key: string, headers: IncomingHttpHeaders, file: SpooledFile, etag: string): Promise<boolean> {
    if (Number(headers['content-length']) !== file.digests.size) return false;
    if (unquoted(headers.etag ?? '') === etag) return true;
    return (await isContentOf(contentIn(headers), file)) ?? (await this.#givesBack(key, file.digests));
  }

  /** Reads an object of which the store says nothing that could be compared. */
  async #givesBack(key: string, { size, sha256 }: Digests): Promise<boolean> {
    const opened = await this.#open(key);
    if (!opened) return false;
    const check = checkOf({ sha256 });
    let read = 0;
    for await (const piece of opened.stream as AsyncIterable<Buffer>) {
      read += piece.length;
      check?.update(piece);
    }
    return read === size && check?.isRight() === true;
  }

  async #arrived(key: string, headers: IncomingHttpHeaders, { path, digests }: SpooledFile): Promise<ObjectInfo> {
    await forgetCheckpoint(path);
    return { ...(await this.#infoOf(key, headers)), ...digestsOf(digests) };
  }

  /** The headers of an object; undefined if there is none. */
  async #headersOf(key: string): Promise<IncomingHttpHeaders | undefined> {
    try {
      return (await this.#client.ask({ method: 'HEAD', key, headers: WITH_CHECKSUMS })).headers;
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof S3Fault) || error.status === undefined || error.status >= 500) throw error;
      // The answer to a HEAD has no room for the reason, so the same is asked for in another way.
      (await this.#client.send({ method: 'GET', key, headers: { range: 'bytes=0-0' } })).destroy();
      throw error;
    }
  }

  /** The description of an object, with the digests that are known here. */
  async #infoOf(key: string, headers: IncomingHttpHeaders): Promise<ObjectInfo> {
    const info = toInfo(key, headers);
    const sent = await this.#options.sent?.(key);
    return sent && sent.etag === info.etag && sent.size === info.size ? { ...info, ...digestsOf(sent) } : info;
  }
}

/** Rejects with an ObjectError. */
async function orError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toS3Error(error);
  }
}

/** Those that an object's description has. */
function digestsOf({ sha256, crc64, crc32 }: StoredContent): Pick<ObjectInfo, 'sha256' | 'crc64' | 'crc32'> {
  return {
    ...(sha256 !== undefined && { sha256 }),
    ...(crc64 !== undefined && { crc64 }),
    ...(crc32 !== undefined && { crc32 }),
  };
}

/** The size of the object that an answer has, or has a range of; undefined if it is not the range that was asked for. */
function sizeIn(headers: IncomingHttpHeaders, range: ByteRange | undefined): number | undefined {
  if (!range) return headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  return Number(start) === range.start && Number(end) === range.end ? Number(size) : undefined;
}

function toListed({ key, size, etag, modified }: ListedKey): ObjectInfo {
  return listedInfo(key, size, etag, modified);
}

/** Throws S3Fault if the response is not from an S3 store. */
function toInfo(key: string, headers: IncomingHttpHeaders): ObjectInfo {
  const info = infoIn(key, headers, 'x-amz-meta-');
  if (info === undefined) throw notS3();
  return { ...info, ...digestsOf(contentIn(headers)) };
}

function notS3(): S3Fault {
  return new S3Fault('the server that answers at its address is not an S3 store');
}
