import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ByteRange } from '../common/ranges.ts';
import { checkedStream } from './content/checked-stream.ts';
import { type Digests, etagOf } from './content/digests.ts';
import { isMissing, toObjectError } from './content/faults.ts';
import {
  type Appended,
  type AppendOptions,
  checkKey,
  type ListOptions,
  ObjectError,
  type ObjectInfo,
  type ObjectPage,
  type ObjectStore,
  type Told,
  type WriteOptions,
} from './contract.ts';
import type { Destination } from './uploads/mover.ts';
import type { UploadRecord } from './uploads/record.ts';
import type { Spool } from './uploads/spool.ts';
import type { Uploads } from './uploads/uploads.ts';

/**
 * The store as everyone sees it: what it holds, and accepted uploads on their way to it. An upload can be read at once, whether or not the
 * store can be reached.
 */
export class SpooledStore implements ObjectStore {
  readonly append: ObjectStore['append'];
  readonly #store: Destination;
  readonly #uploads: Uploads;
  readonly #spool: Spool;

  constructor(store: Destination, uploads: Uploads, spool: Spool) {
    this.#store = store;
    this.#uploads = uploads;
    this.#spool = spool;
    if (store.append) this.append = this.#append;
  }

  get comparesOnWrite(): boolean {
    return this.#store.write !== undefined && this.#store.comparesOnWrite === true;
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
        // It was moved to the store in between.
        if (!isMissing(error)) throw toObjectError(error);
      }
    }
    return await this.#store.open(key, range);
  }

  async write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo> {
    const { onlyIf } = options ?? {};
    if (this.#store.write && onlyIf) {
      const onlyIfHere = (before: ObjectInfo | undefined): void => {
        if (this.#uploads.waiting(key)) throw new ObjectError('unavailable', `${key} is being replaced: try again.`);
        onlyIf(before);
      };
      return await this.#store.write(key, body, { ...options, onlyIf: onlyIfHere });
    }
    if (this.#store.write) return await this.#store.write(key, body, options);
    if (options?.onlyNew && (await this.head(key))) throw new ObjectError('exists', `There is an object ${key}.`);
    return await this.#writeToSpool(key, body, options);
  }

  async #writeToSpool(
    key: string,
    body: AsyncIterable<Uint8Array>,
    { metadata = {}, headers, size, contentType, md5, sha256, crc32, etag }: WriteOptions = {},
  ): Promise<ObjectInfo> {
    checkKey(key);
    const name = key.split('/').at(-1)?.slice(-100) || 'object';
    const request = {
      from: 'gateway',
      name,
      kind: 'file',
      key,
      metadata,
      headers,
      size,
      contentType,
      md5,
      sha256,
      crc32,
      etag,
      // Its writer may compare its ETag with the content.
      wantsMd5: etag === undefined,
    } as const;
    const begun = await this.#uploads.begin(request);
    if (!('upload' in begun)) throw new TypeError('an upload without a token is never known before');
    const { upload } = begun;
    try {
      for await (const piece of body) await upload.append(piece);
      await upload.finish();
    } catch (error) {
      await upload.discard();
      throw error;
    }
    return (await this.head(key)) as ObjectInfo;
  }

  async #append(key: string, body: AsyncIterable<Uint8Array>, options?: AppendOptions): Promise<Appended> {
    checkKey(key);
    if (this.#uploads.waiting(key)) {
      throw new ObjectError('not_appendable', `The object ${key} was written as a whole, so nothing can be appended.`);
    }
    return await (this.#store.append as NonNullable<ObjectStore['append']>).call(this.#store, key, body, options);
  }

  async remove(key: string): Promise<boolean> {
    checkKey(key);
    const record = this.#uploads.waiting(key);
    if (record) await this.#uploads.drop(record);
    return (await this.#store.remove(key)) || record !== undefined;
  }

  async note(key: string, told: Told): Promise<void> {
    await this.#store.note?.(key, told);
  }

  async list(options: ListOptions): Promise<ObjectPage> {
    const page = await this.#store.list(options);
    const { prefix = '', delimiter = '', after, limit } = options;
    const found = new Map<string, ObjectInfo | undefined>();
    for (const name of page.prefixes) found.set(name, undefined);
    for (const info of page.objects) found.set(info.key, info);
    for (const key of this.#uploads.waitingKeys()) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const name = end < 0 ? key : key.slice(0, end + delimiter.length);
      // What comes after this page belongs to the next one.
      if ((after !== undefined && byUtf8(name, after) <= 0) || (page.next && byUtf8(name, page.next) > 0)) continue;
      const record = end < 0 ? this.#uploads.waiting(key) : undefined;
      found.set(name, record && infoOf(record));
    }
    const names = [...found.keys()].sort(byUtf8);
    const shown = names.slice(0, limit);
    const next = names.length > limit ? shown.at(-1) : page.next;
    return {
      objects: shown.flatMap((name) => found.get(name) ?? []),
      prefixes: shown.filter((name) => found.get(name) === undefined),
      ...(next === undefined ? {} : { next }),
    };
  }
}

function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** An upload's properties as an object. */
export function infoOf(record: UploadRecord): ObjectInfo {
  const { key, digests, etag, contentType, headers, changedMs, metadata, name, kind, from, to } = record;
  const { size, sha256, crc64, crc32 } = digests as Digests;
  return {
    key,
    size,
    sha256,
    etag: etag ?? etagOf(digests as Digests),
    crc64,
    crc32,
    contentType: contentType ?? 'application/octet-stream',
    ...(headers && { headers }),
    modifiedMs: changedMs,
    metadata: metadata ?? { name, kind, from },
    ...(to !== undefined && { to }),
  };
}
