import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { checkedStream } from './content/checked-stream.ts';
import { type Digests, etagOf } from './content/digests.ts';
import { isMissing, toObjectError } from './content/faults.ts';
import {
  type ByteRange,
  checkKey,
  type ListOptions,
  type ObjectInfo,
  type ObjectPage,
  type ObjectStore,
  type WriteOptions,
} from './contract.ts';
import type { UploadRecord } from './uploads/record.ts';
import type { Spool } from './uploads/spool.ts';
import type { Uploads } from './uploads/uploads.ts';

/**
 * The store as everyone sees it: what is in it, and what is accepted and on its way there. What was uploaded can be read at
 * once, whether the store can be used or not.
 */
export class SpooledStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #uploads: Uploads;
  readonly #spool: Spool;

  constructor(store: ObjectStore, uploads: Uploads, spool: Spool) {
    this.#store = store;
    this.#uploads = uploads;
    this.#spool = spool;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const record = this.#uploads.waiting(key);
    return record ? infoOf(record) : await this.#store.head(key);
  }

  async open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined> {
    checkKey(key);
    const record = this.#uploads.waiting(key);
    if (record) {
      try {
        const file = await open(this.#spool.dataPath(record), 'r');
        const { size, crc32 } = record.digests as Digests;
        return { info: infoOf(record), stream: checkedStream(file, { key, size, crc32 }, range) };
      } catch (error) {
        // Moved to the store in between.
        if (!isMissing(error)) throw toObjectError(error);
      }
    }
    return await this.#store.open(key, range);
  }

  async write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo> {
    return await this.#store.write(key, body, options);
  }

  async remove(key: string): Promise<boolean> {
    checkKey(key);
    const record = this.#uploads.waiting(key);
    if (record) await this.#uploads.drop(record);
    return (await this.#store.remove(key)) || record !== undefined;
  }

  async list(options: ListOptions): Promise<ObjectPage> {
    return await this.#store.list(options);
  }
}

/** What is known of an upload as an object. */
function infoOf({ key, digests, etag, contentType, changedMs, metadata, name, kind, from }: UploadRecord): ObjectInfo {
  const { size, sha256, crc64, crc32 } = digests as Digests;
  return {
    key,
    size,
    sha256,
    etag: etag ?? etagOf(digests as Digests),
    crc64,
    crc32,
    contentType: contentType ?? 'application/octet-stream',
    modifiedMs: changedMs,
    metadata: metadata ?? { name, kind, from },
  };
}
