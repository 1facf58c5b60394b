import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { Log } from '../../../common/log.ts';
import type { ByteRange } from '../../../common/ranges.ts';
import { ObjectError, type ObjectInfo } from '../../../objects/contract.ts';
import type { ReadFor } from '../../../objects/elsewhere.ts';

/** A copy of an object of another gateway. */
export interface Cached {
  readonly info: ObjectInfo;
  readonly path: string;
  /** For whom that gateway has given it, while it could be asked. */
  readonly readers: Set<string>;
}

export interface CacheParts {
  folder: string;
  /** All copies together; 0: there are none. */
  maxBytes: number;
  log: Log;
}

/** One object may take up this part of the cache. */
const SHARE = 4;
/** What a disk must have free besides; a cache is the last thing that it is for. */
const FREE_BYTES = 256 * 1024 * 1024;
const MAX_READERS = 1000;

/**
 * Copies of other gateways' objects, in a folder that is emptied at each start. An SD card wears by being written to, so a copy is made only of
 * what was asked for twice, it is written once and not synced, and nothing else about it is written.
 */
export class FileCache {
  readonly #parts: CacheParts;
  /** The one used last is at the end. */
  readonly #cached = new Map<string, Cached>();
  #bytes = 0;
  #number = 0;
  /** Resolves when the copy is there that is being made, or there is none. */
  #filling: Promise<void> | undefined;
  /** Ends what is waited for of the other gateway. */
  #letGo: () => void = () => {};
  #isClosed = false;

  private constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** Begins with nothing, also where an earlier run left something. */
  static async open(parts: CacheParts): Promise<FileCache> {
    await rm(parts.folder, { recursive: true, force: true });
    if (parts.maxBytes > 0) await mkdir(parts.folder, { recursive: true, mode: 0o700 });
    return new FileCache(parts);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The copy of an object. */
  get(key: string): Cached | undefined {
    const cached = this.#cached.get(key);
    if (cached === undefined) return undefined;
    this.#cached.delete(key);
    this.#cached.set(key, cached);
    return cached;
  }

  /** Whether a copy may be made of an object now. */
  takes({ size, isAppendable }: ObjectInfo): boolean {
    return (
      !this.#isClosed &&
      this.#filling === undefined &&
      !isAppendable &&
      size > 0 &&
      size <= this.#parts.maxBytes / SHARE
    );
  }

  /** Makes a copy of what `read` gives; whatever goes wrong, there is none. One is made at a time. */
  async fill(info: ObjectInfo, who: ReadFor, read: () => Promise<Readable | undefined>): Promise<void> {
    if (!this.takes(info)) return;
    this.#filling = this.#fill(info, who, read).finally(() => {
      this.#filling = undefined;
    });
    await this.#filling;
  }

  /** No copy is made any more; resolves when nothing is written any more, either. The other gateway is not waited for. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#letGo();
    await this.#filling;
  }

  async #fill(info: ObjectInfo, who: ReadFor, read: () => Promise<Readable | undefined>): Promise<void> {
    const path = join(this.#parts.folder, String(this.#number++));
    try {
      if (!(await this.#hasRoom(info.size))) return;
      const stream = await this.#given(read());
      if (stream === undefined) return;
      await this.#write(stream, `${path}.new`, info);
      await rename(`${path}.new`, path);
      await this.delete(info.key);
      this.#cached.set(info.key, { info, path, readers: new Set([readerOf(who)]) });
      this.#bytes += info.size;
      await this.#makeRoom();
    } catch (error) {
      this.#parts.log.info({ err: error, key: info.key }, 'no copy was made of an object of another gateway');
      await rm(`${path}.new`, { force: true }).catch(() => {});
    } finally {
      this.#letGo = () => {};
    }
  }

  /** What the other gateway gives; undefined where it was let go. */
  async #given(reading: Promise<Readable | undefined>): Promise<Readable | undefined> {
    return await new Promise((resolve, reject) => {
      this.#letGo = () => resolve(undefined);
      if (this.#isClosed) this.#letGo();
      reading.then((stream) => {
        if (this.#isClosed) stream?.destroy();
        else resolve(stream);
      }, reject);
    });
  }

  async #write(stream: Readable, path: string, info: ObjectInfo): Promise<void> {
    // The stream itself ends no sooner than the answer comes that it waits for.
    const content = new PassThrough();
    this.#letGo = () => content.destroy(new Error('the gateway stops'));
    stream.once('error', (error) => content.destroy(error));
    stream.once('close', () => content.writableEnded || content.destroy(new Error('it ended too early')));
    try {
      await write(stream.pipe(content), path, info);
    } finally {
      stream.destroy();
    }
  }

  /** Notes that the other gateway lets somebody read it. */
  note({ readers }: Cached, who: ReadFor): void {
    if (readers.size < MAX_READERS) readers.add(readerOf(who));
  }

  /** Whether the other gateway has let somebody read it. */
  isFor({ readers }: Cached, who: ReadFor): boolean {
    return readers.has(readerOf(who));
  }

  /** Reads a copy; undefined where it is gone. It is read to its end also where it is removed meanwhile. */
  async read({ path, info }: Cached, range?: ByteRange): Promise<Readable | undefined> {
    try {
      const file = await open(path, 'r');
      return file.createReadStream({ ...(range ?? { start: 0, end: info.size - 1 }), highWaterMark: 128 * 1024 });
    } catch {
      await this.delete(info.key);
      return undefined;
    }
  }

  async delete(key: string): Promise<void> {
    const cached = this.#cached.get(key);
    if (cached === undefined) return;
    this.#cached.delete(key);
    this.#bytes -= cached.info.size;
    await rm(cached.path, { force: true }).catch(() => {});
  }

  async #makeRoom(): Promise<void> {
    for (const key of this.#cached.keys()) {
      if (this.#bytes <= this.#parts.maxBytes) return;
      await this.delete(key);
    }
  }

  async #hasRoom(bytes: number): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#parts.folder);
    return bavail * bsize > bytes + FREE_BYTES;
  }
}

/** Throws where the content is not what it should be. */
async function write(stream: Readable, path: string, { size, crc32: expected, key }: ObjectInfo): Promise<void> {
  let [bytes, sum] = [0, 0];
  const checked = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      bytes += piece.length;
      if (expected !== undefined) sum = crc32(piece, sum);
      yield piece;
    }
  };
  await pipeline(stream, checked, createWriteStream(path, { mode: 0o600 }));
  if (bytes !== size || (expected !== undefined && sum !== expected)) {
    throw new ObjectError('corrupt', `The object ${key} did not arrive as it is.`);
  }
}

function readerOf({ account, isLocal, isTrusted }: ReadFor): string {
  if (isTrusted) return 'trusted';
  return `${isLocal ? 'local' : 'remote'} ${account ?? ''}`;
}
