import { createReadStream, existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { ByteRange } from '../../common/ranges.ts';
import { type Digests, digestFile } from '../content/digests.ts';
import {
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type WriteOptions,
} from '../contract.ts';
import { keptHeaders } from '../kept-headers.ts';
import type { Destination } from '../uploads/mover.ts';
import { checkedAnswer } from './checked-answer.ts';
import { checkpointOf } from './checkpoint.ts';
import { createOssClient, type ListAnswer, type OssClient } from './oss-client.ts';
import { toObjectFault } from './oss-faults.ts';
import { PartSender } from './part-sender.ts';

/** How requests name the bucket. */
export type Addressing = 'host' | 'path' | 'cname';

export interface OssStoreOptions {
  /** `https://oss-cn-hangzhou.aliyuncs.com`, an internal address, a custom domain, or another gateway's OSS endpoint. */
  endpoint: string;
  bucket: string;
  /** As in V4 signatures: `cn-hangzhou`. */
  region: string;
  addressing: Addressing;
  accessKeyId: string;
  accessKeySecret: string;
  /** How long one request may take, and how long the response to a read may stall. */
  timeoutMs: number;
  /** Larger objects are sent in parts of this size, each of which is retried alone; at least 100 KiB. */
  partBytes: number;
  /** Signatures contain the time, so nothing is sent before the clock is right. */
  clock: Clock;
}

/** A connection that has been unused for this long may be dead. */
const CONNECTION_IDLE_MS = 4000;
const DEFAULT_TYPE = 'application/octet-stream';

type Headers = Record<string, string | undefined>;

/**
 * Objects in Aliyun OSS, or in a server that speaks its protocol. It retries nothing itself: the mover does so later, and large uploads
 * continue with the part at which they broke off.
 */
export class OssStore implements Destination {
  readonly #options: OssStoreOptions;
  readonly #agent: HttpAgent;
  readonly #client: OssClient;
  readonly #parts: PartSender;
  #isClosed = false;

  constructor(options: OssStoreOptions) {
    this.#options = options;
    const Agent = options.endpoint.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, timeout: CONNECTION_IDLE_MS });
    this.#client = this.#createClient();
    this.#parts = new PartSender({ ...options, createClient: () => this.#createClient() });
  }

  #createClient(): OssClient {
    const { endpoint, bucket, region, addressing, accessKeyId, accessKeySecret, timeoutMs } = this.#options;
    return createOssClient({
      endpoint,
      bucket,
      region: `oss-${region}`,
      accessKeyId,
      accessKeySecret,
      timeout: timeoutMs,
      authorizationV4: true,
      secure: endpoint.startsWith('https:'),
      cname: addressing === 'cname',
      sldEnable: addressing === 'path',
      agent: this.#agent,
      httpsAgent: this.#agent,
    });
  }

  /** Aborts what is being sent and read. */
  close(): void {
    this.#isClosed = true;
    this.#parts.close();
    this.#agent.destroy();
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    this.#checkUsable();
    try {
      const { res } = await this.#client.head(key);
      return toInfo(key, res.headers);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toObjectFault(error);
    }
  }

  async open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    const info = await this.head(key);
    if (!info) return undefined;
    // An empty range cannot be requested.
    if (info.size === 0) return { info, stream: Readable.from([]) };
    const { clock, timeoutMs } = this.#options;
    try {
      const headers: Record<string, string> = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
      const { stream, res } = await this.#client.getStream(key, { headers });
      if (res.status === (range ? 206 : 200) && unquoted(res.headers.etag ?? '') === info.etag) {
        return { info, stream: checkedAnswer(stream, { info, range, clock, timeoutMs }) };
      }
      stream.destroy();
      throw new ObjectError('unavailable', `OSS gave out something else than was asked for of ${key}; ask again.`);
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

  /** OSS's list does not contain an object's type and metadata, so they are left out. */
  async list({ prefix = '', delimiter, after, limit }: ListOptions): Promise<ObjectPage> {
    this.#checkUsable();
    const isPrefix = after !== undefined && delimiter !== undefined && after.endsWith(delimiter);
    try {
      const page = await this.#client.listV2(
        {
          ...(prefix === '' ? {} : { prefix }),
          'max-keys': String(Math.min(limit, 1000)),
          ...(delimiter === undefined ? {} : { delimiter }),
          // Keys below a prefix that was listed come before the last possible character.
          ...(after === undefined ? {} : { 'start-after': isPrefix ? `${after}\u{10ffff}` : after }),
        },
        {},
      );
      const objects = (page.objects ?? []).map(toListed);
      const prefixes = page.prefixes ?? [];
      const last = [...objects.map(({ key }) => key), ...prefixes].sort(byUtf8).at(-1);
      return { objects, prefixes, ...(page.isTruncated && last !== undefined ? { next: last } : {}) };
    } catch (error) {
      throw toObjectFault(error);
    }
  }

  /**
   * Sends a file and checks that it has arrived intact. If an earlier attempt has brought it there, it is not sent again; a large file
   * continues where that attempt broke off, by its checkpoint.
   */
  async adopt(
    key: string,
    { path, digests }: { path: string; digests: Digests },
    { contentType = DEFAULT_TYPE, headers = {}, metadata: plain = {} }: WriteOptions,
  ): Promise<ObjectInfo> {
    const before = await this.head(key);
    if (before && isSame(before, digests)) return await arrived(path, before);
    this.#checkUsable();
    const metadata = Object.fromEntries(
      Object.entries(plain).map(([name, value]) => [name, encodeURIComponent(value)]),
    );
    const { size } = digests;
    try {
      if (size > this.#options.partBytes) await this.#parts.send({ key, path, size, contentType, headers, metadata });
      else {
        await this.#client.putStream(key, createReadStream(path), {
          contentLength: size,
          mime: contentType,
          meta: metadata,
          headers: { ...headers },
        });
      }
    } catch (error) {
      if (!existsSync(path)) throw gone(key);
      throw toObjectFault(error);
    }
    const after = await this.head(key);
    if (after && isSame(after, digests)) return await arrived(path, after);
    await this.#parts.forget({ key, path });
    await checkFile(key, path, digests);
    throw new ObjectError('unavailable', `What is in the bucket as ${key} is not what was sent; it is sent again.`);
  }

  #checkUsable(): void {
    if (this.#isClosed) throw new ObjectError('unavailable', 'The gateway stops.');
    if (this.#options.clock.isTrusted()) return;
    throw new ObjectError(
      'unavailable',
      'The clock is not set yet, and requests to OSS have the time in their signatures.',
    );
  }
}

async function arrived(path: string, info: ObjectInfo): Promise<ObjectInfo> {
  await unlink(checkpointOf(path)).catch(() => {});
  return info;
}

/** Throws ObjectError `corrupt` if the disk has lost the file: no further attempt can succeed. */
async function checkFile(key: string, path: string, { size, sha256 }: Digests): Promise<void> {
  const found = await digestFile(path, size, { withMd5: false }).catch(() => undefined);
  if (found?.sha256 !== sha256) throw gone(key);
}

function gone(key: string): ObjectError {
  return new ObjectError(
    'corrupt',
    `The content of ${key} is not any more what was uploaded; the disk may be failing.`,
  );
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

/**
 * Throws ObjectError `unavailable` if the response is not from OSS; an object may have no bytes, so an empty response alone does not tell.
 */
function toInfo(key: string, headers: Headers): ObjectInfo {
  const { 'content-length': size, 'last-modified': modified } = headers;
  if (size === undefined || modified === undefined) {
    throw new ObjectError('unavailable', 'OSS cannot be used now: the server that answers at its address is not OSS.');
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-oss-meta-') && value !== undefined)
      metadata[name.slice('x-oss-meta-'.length)] = decoded(value);
  }
  const crc64 = headers['x-oss-hash-crc64ecma'];
  const kept = keptHeaders((name) => headers[name]);
  return {
    key,
    size: Number(size),
    etag: unquoted(headers.etag ?? ''),
    ...(crc64 === undefined ? {} : { crc64 }),
    contentType: headers['content-type'] ?? DEFAULT_TYPE,
    ...(kept && { headers: kept }),
    modifiedMs: Date.parse(modified) || 0,
    metadata,
  };
}

/** Other writers do not encode metadata. */
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

/** Without a CRC-64 from the store the upload does not count as stored, as the only other copy would be removed. */
function isSame({ size, crc64 }: ObjectInfo, digests: Digests): boolean {
  return size === digests.size && crc64 === digests.crc64;
}

function isMissing(error: unknown): boolean {
  const { status, code } = error as { status?: number; code?: string };
  return status === 404 && code !== 'NoSuchBucket';
}

function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
