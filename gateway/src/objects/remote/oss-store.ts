import { createReadStream } from 'node:fs';
import { readFile, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import OSS from 'ali-oss';
import { replaceFile } from '../../store/atomic-file.ts';
import { Crc64 } from '../content/crc64.ts';
import type { Digests } from '../content/digests.ts';
import {
  type ByteRange,
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type WriteOptions,
} from '../contract.ts';
import type { Destination } from '../uploads/mover.ts';
import { toObjectFault } from './oss-faults.ts';

/** How the bucket is named in the addresses of requests. */
export type Addressing = 'host' | 'path' | 'cname';

export interface OssStoreOptions {
  /** `https://oss-cn-hangzhou.aliyuncs.com`, an internal address, one of your own, or another gateway's OSS door. */
  endpoint: string;
  bucket: string;
  /** As signatures V4 have it: `cn-hangzhou`. */
  region: string;
  addressing: Addressing;
  accessKeyId: string;
  accessKeySecret: string;
  /** How long one request may take. */
  timeoutMs: number;
  /** What is larger goes in parts of this size, each of which is tried again alone; at least 100 KiB. */
  partBytes: number;
  /** Signatures have the time in them: nothing is sent before it is known. */
  isTimeKnown(): boolean;
}

/** OSS takes at most 10,000 parts. */
const MAX_PARTS = 9000;
const PARTS_AT_ONCE = 2;
const DEFAULT_TYPE = 'application/octet-stream';

type Headers = Record<string, string | undefined>;

/**
 * Objects in Aliyun OSS, or in what speaks its language. It retries nothing: whoever brings uploads to it does, later, and
 * what is large goes on with the part at which it broke off.
 */
export class OssStore implements Destination {
  readonly #options: OssStoreOptions;
  readonly #client: OSS;
  /** A client that has failed once with parts takes no others: each large object has its own. */
  readonly #senders = new Set<OSS>();

  constructor(options: OssStoreOptions) {
    this.#options = options;
    this.#client = this.#createClient();
  }

  #createClient(): OSS {
    const { endpoint, bucket, region, addressing, accessKeyId, accessKeySecret, timeoutMs } = this.#options;
    return new OSS({
      endpoint,
      bucket,
      region: `oss-${region}`,
      accessKeyId,
      accessKeySecret,
      timeout: timeoutMs,
      authorizationV4: true,
      secure: endpoint.startsWith('https:'),
      cname: addressing === 'cname',
      // The types do not know it: the bucket is in the path.
      ...{ sldEnable: addressing === 'path' },
    });
  }

  /** Ends what is being sent. */
  close(): void {
    for (const sender of this.#senders) (sender as unknown as { cancel(): void }).cancel();
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    this.#checkTime();
    try {
      const { res } = await this.#client.head(key);
      return toInfo(key, res.headers as Headers);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toObjectFault(error);
    }
  }

  async open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    const info = await this.head(key);
    if (!info) return undefined;
    // A range of nothing cannot be asked for.
    if (info.size === 0) return { info, stream: Readable.from([]) };
    try {
      const headers = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
      const { stream } = await this.#client.getStream(key, { headers } as OSS.GetStreamOptions);
      return { info, stream: Readable.from(checked(stream as Readable, info, range), { objectMode: false }) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toObjectFault(error);
    }
  }

  async remove(key: string): Promise<boolean> {
    if ((await this.head(key)) === undefined) return false;
    try {
      await this.#client.delete(key);
      return true;
    } catch (error) {
      throw toObjectFault(error);
    }
  }

  /** What the list of OSS does not tell of an object, its type and metadata, is left out. */
  async list({ prefix = '', delimiter, after, limit }: ListOptions): Promise<ObjectPage> {
    this.#checkTime();
    const isPrefix = after !== undefined && delimiter !== undefined && after.endsWith(delimiter);
    try {
      const page = (await this.#client.listV2(
        {
          ...(prefix === '' ? {} : { prefix }),
          'max-keys': String(Math.min(limit, 1000)),
          ...(delimiter === undefined ? {} : { delimiter }),
          // What is below a prefix that was told comes before the last character there is.
          ...(after === undefined ? {} : { 'start-after': isPrefix ? `${after}\u{10ffff}` : after }),
        } as OSS.ListV2ObjectsQuery,
        {},
      )) as unknown as ListAnswer;
      const objects = (page.objects ?? []).map(toListed);
      const prefixes = page.prefixes ?? [];
      const last = [...objects.map(({ key }) => key), ...prefixes].sort(byUtf8).at(-1);
      return { objects, prefixes, ...(page.isTruncated && last !== undefined ? { next: last } : {}) };
    } catch (error) {
      throw toObjectFault(error);
    }
  }

  /**
   * Sends a file, and looks whether it has arrived as it is. One that an earlier attempt has brought there is not sent again;
   * a large one goes on where that broke off, by what is noted beside it.
   */
  async adopt(
    key: string,
    { path, digests }: { path: string; digests: Digests },
    { contentType = DEFAULT_TYPE, metadata = {} }: WriteOptions,
  ): Promise<ObjectInfo> {
    const before = await this.head(key);
    if (before && isSame(before, digests)) return before;
    const meta = Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [name, encodeURIComponent(value)]),
    ) as unknown as OSS.UserMeta;
    try {
      if (digests.size > this.#options.partBytes) await this.#sendParts(key, path, digests.size, contentType, meta);
      else {
        await this.#client.putStream(key, createReadStream(path), {
          contentLength: digests.size,
          mime: contentType,
          meta,
          headers: {},
        } as unknown as OSS.PutStreamOptions);
      }
    } catch (error) {
      throw toObjectFault(error);
    }
    const after = await this.head(key);
    if (!after || !isSame(after, digests)) {
      throw new ObjectError('unavailable', `What is in the bucket as ${key} is not what was sent; it is sent again.`);
    }
    await unlink(checkpointOf(path)).catch(() => {});
    return after;
  }

  async #sendParts(key: string, path: string, size: number, mime: string, meta: OSS.UserMeta): Promise<void> {
    const noted = checkpointOf(path);
    const checkpoint = await readCheckpoint(noted, key);
    const partSize = Math.max(this.#options.partBytes, Math.ceil(size / MAX_PARTS));
    const sender = this.#createClient();
    this.#senders.add(sender);
    let noting: Promise<void> = Promise.resolve();
    try {
      await sender.multipartUpload(key, path, {
        partSize,
        parallel: PARTS_AT_ONCE,
        mime,
        meta,
        headers: {},
        timeout: this.#options.timeoutMs,
        ...(checkpoint ? { checkpoint } : {}),
        // The next part waits until the one before is noted.
        progress: (_done: number, current: OSS.Checkpoint | null | undefined) => {
          if (!current) return noting;
          const text = JSON.stringify({ ...current, file: path });
          noting = noting.then(() => replaceFile(noted, text));
          return noting;
        },
      } as unknown as OSS.MultipartUploadOptions);
    } catch (error) {
      // The parts are not there any more, which ali-oss calls an abort: the next attempt begins anew.
      const { code, name } = error as { code?: string; name?: string };
      if (code === 'NoSuchUpload' || name === 'abort') await unlink(noted).catch(() => {});
      throw error;
    } finally {
      this.#senders.delete(sender);
      await noting.catch(() => {});
    }
  }

  #checkTime(): void {
    if (this.#options.isTimeKnown()) return;
    throw new ObjectError(
      'unavailable',
      'The clock is not set yet, and requests to OSS have the time in their signatures.',
    );
  }
}

/** Where it is noted which parts of a file have arrived. */
export function checkpointOf(path: string): string {
  return `${path}.checkpoint`;
}

async function readCheckpoint(path: string, key: string): Promise<unknown> {
  try {
    const checkpoint = JSON.parse(await readFile(path, 'utf8')) as { name?: string; uploadId?: string };
    return checkpoint.name === key && typeof checkpoint.uploadId === 'string' ? checkpoint : undefined;
  } catch {
    return undefined;
  }
}

interface ListAnswer {
  objects?: { name: string; size: number; etag: string; lastModified: string }[];
  prefixes?: string[] | null;
  isTruncated: boolean;
}

function toListed({ name, size, etag, lastModified }: NonNullable<ListAnswer['objects']>[number]): ObjectInfo {
  return {
    key: name,
    size: Number(size),
    etag: unquoted(etag),
    contentType: DEFAULT_TYPE,
    modifiedMs: Date.parse(lastModified),
    metadata: {},
  };
}

function toInfo(key: string, headers: Headers): ObjectInfo {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-oss-meta-') && value !== undefined)
      metadata[name.slice('x-oss-meta-'.length)] = decoded(value);
  }
  const crc64 = headers['x-oss-hash-crc64ecma'];
  return {
    key,
    size: Number(headers['content-length'] ?? 0),
    etag: unquoted(headers.etag ?? ''),
    ...(crc64 === undefined ? {} : { crc64 }),
    contentType: headers['content-type'] ?? DEFAULT_TYPE,
    modifiedMs: Date.parse(headers['last-modified'] ?? '') || 0,
    metadata,
  };
}

/** Other writers do not encode what is in metadata. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '').toLowerCase();
}

/** A store that tells no CRC-64 is believed by the size alone. */
function isSame(info: ObjectInfo, digests: Digests): boolean {
  return info.size === digests.size && (info.crc64 === undefined || info.crc64 === digests.crc64);
}

function isMissing(error: unknown): boolean {
  const { status, code } = error as { status?: number; code?: string };
  return status === 404 && code !== 'NoSuchBucket';
}

async function* checked(stream: Readable, info: ObjectInfo, range: ByteRange | undefined): AsyncGenerator<Buffer> {
  const expected = range ? range.end - range.start + 1 : info.size;
  const crc = new Crc64();
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length;
      crc.update(piece);
      yield piece;
    }
  } catch (error) {
    throw toObjectFault(error);
  }
  const isWhole = size === info.size;
  if (size !== expected || (isWhole && info.crc64 !== undefined && crc.digest() !== info.crc64)) {
    throw new ObjectError('corrupt', `The content of the object ${info.key} did not arrive as it was stored.`);
  }
}

function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
