import { createReadStream, existsSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { Clock } from '../../../common/clock.ts';
import type { ByteRange } from '../../../common/ranges.ts';
import { CRC64_XZ, Crc } from '../../content/crc.ts';
import type { Digests } from '../../content/digests.ts';
import {
  type Appended,
  type AppendOptions,
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type WriteOptions,
} from '../../contract.ts';
import { KeyLock } from '../../key-lock.ts';
import type { Destination } from '../../uploads/mover.ts';
import { type ContentCheck, checkedAnswer } from '../checked-answer.ts';
import { checkFile, forgetCheckpoint, gone, notAsSent, type SpooledFile } from '../spooled-file.ts';
import {
  type Addressing,
  DEFAULT_TYPE,
  encodedMetadata,
  infoIn,
  listedInfo,
  pageOf,
  startAfter,
  unquoted,
} from '../store-forms.ts';
import { appendToOss } from './oss-append.ts';
import { createOssClient, type ListAnswer, type OssClient } from './oss-client.ts';
import { toObjectFault } from './oss-faults.ts';
import { PartSender } from './part-sender.ts';

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
  /** Of two appends of this gateway to one object the second begins when the first has ended. */
  readonly #lock = new KeyLock();
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
        const setting = { info, range, clock, timeoutMs, store: 'OSS', toFault: toObjectFault };
        return { info, stream: checkedAnswer(stream, { ...setting, check: checkOf(info) }) };
      }
      stream.destroy();
      throw new ObjectError('unavailable', `OSS gave out something else than was asked for of ${key}; ask again.`);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toObjectFault(error);
    }
  }

  async append(key: string, body: AsyncIterable<Uint8Array>, options: AppendOptions = {}): Promise<Appended> {
    checkKey(key);
    this.#checkUsable();
    const parts = {
      client: this.#client,
      head: (each: string) => this.head(each),
      open: (each: string, range: ByteRange) => this.open(each, range),
    };
    return await this.#lock.run(key, () => appendToOss(parts, key, body, options));
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
    const start = startAfter(after, delimiter);
    try {
      const page = await this.#client.listV2(
        {
          ...(prefix === '' ? {} : { prefix }),
          'max-keys': String(Math.min(limit, 1000)),
          ...(delimiter === undefined ? {} : { delimiter }),
          ...(start === undefined ? {} : { 'start-after': start }),
        },
        {},
      );
      return pageOf((page.objects ?? []).map(toListed), page.prefixes ?? [], page.isTruncated);
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
    file: SpooledFile,
    { contentType = DEFAULT_TYPE, headers = {}, metadata: plain = {} }: WriteOptions,
  ): Promise<ObjectInfo> {
    const { path, digests } = file;
    const before = await this.head(key);
    if (before && isSame(before, digests)) return await arrived(path, before);
    this.#checkUsable();
    const metadata = encodedMetadata(plain);
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
    await checkFile(key, file);
    throw notAsSent(key);
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
  await forgetCheckpoint(path);
  return info;
}

/** Without a CRC-64 from the store, only the length can be compared. */
function checkOf({ crc64 }: ObjectInfo): ContentCheck | undefined {
  if (crc64 === undefined) return undefined;
  const crc = new Crc(CRC64_XZ);
  return { update: (piece) => crc.update(piece), isRight: () => crc.digest().toString() === crc64 };
}

function toListed({ name, size, etag, lastModified }: NonNullable<ListAnswer['objects']>[number]): ObjectInfo {
  return listedInfo(name, Number(size), etag, lastModified);
}

/** Throws ObjectError `unavailable` if the response is not from OSS. */
function toInfo(key: string, headers: Headers): ObjectInfo {
  const info = infoIn(key, headers, 'x-oss-meta-');
  if (info === undefined) {
    throw new ObjectError('unavailable', 'OSS cannot be used now: the server that answers at its address is not OSS.');
  }
  const crc64 = headers['x-oss-hash-crc64ecma'];
  return {
    ...info,
    ...(headers['x-oss-object-type'] === 'Appendable' && { isAppendable: true }),
    ...(crc64 === undefined ? {} : { crc64 }),
  };
}

/** Without a CRC-64 from the store the upload does not count as stored, as the only other copy would be removed. */
function isSame({ size, crc64 }: ObjectInfo, digests: Digests): boolean {
  return size === digests.size && crc64 === digests.crc64;
}

function isMissing(error: unknown): boolean {
  const { status, code } = error as { status?: number; code?: string };
  return status === 404 && code !== 'NoSuchBucket';
}
