import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import type { CodeName, FetchOptions } from '@crosscomm/protocol';
import { isLoopback } from '../common/loopback.ts';
import type { ByteRange } from '../common/ranges.ts';
import {
  type FileAccess,
  FileFault,
  type FileSource,
  type Upload as FrameUpload,
  type Reader,
  type UploadInit,
} from '../protocols/frames/files/access.ts';
import { checkAppend } from './append-checks.ts';
import { ObjectError, type ObjectErrorCode, type ObjectInfo, type ObjectStore } from './contract.ts';
import type { ObjectReader, ReadFor } from './elsewhere.ts';
import { nameOfObject } from './file-name.ts';
import { ImageError, type ImageErrorCode } from './images/image-error.ts';
import type { Images } from './images/images.ts';
import { type ImageOptions, imageOptionsOf } from './images/options.ts';
import type { Objects } from './objects.ts';
import { clientPrefix, folderKey, partKey } from './uploads/object-key.ts';
import type { UploadRequest } from './uploads/record.ts';
import type { Upload } from './uploads/upload.ts';
import { UploadError } from './uploads/upload-error.ts';
import type { Uploads } from './uploads/uploads.ts';

const OBJECT_CODES: Record<ObjectErrorCode, CodeName> = {
  bad_key: 'name_invalid',
  too_large: 'too_large',
  wrong_size: 'wrong_content',
  wrong_digest: 'wrong_content',
  cut: 'wrong_content',
  exists: 'internal',
  wrong_position: 'internal',
  not_appendable: 'name_invalid',
  full: 'storage_full',
  corrupt: 'no_file',
  unavailable: 'storage_full',
  refused: 'internal',
  not_allowed: 'not_allowed',
};

const IMAGE_CODES: Record<ImageErrorCode, CodeName> = {
  bad_options: 'malformed',
  not_an_image: 'not_an_image',
  too_large: 'not_an_image',
  timeout: 'not_an_image',
  busy: 'queue_full',
  unavailable: 'not_supported',
};

/** Distinguishes uploads by frames from others. */
const TOKEN = 'frames ';
/** How many unfinished uploads of one device are kept for it to continue. */
const MAX_LEFT = 8;
/** How many checksums are kept for objects whose store does not know them. */
const MAX_CHECKSUMS = 256;

/** The object store as devices use it by frames. */
export class FrameFiles implements FileAccess {
  readonly #uploads: Uploads;
  readonly #store: ObjectStore;
  readonly #images: Images;
  readonly #readFor: Objects['readFor'];
  readonly #maxBytes: number;
  /** By ETag and key. */
  readonly #checksums = new Map<string, number>();

  constructor(objects: Pick<Objects, 'uploads' | 'store' | 'images' | 'maxBytes' | 'readFor'>) {
    const { uploads, store, images, maxBytes } = objects;
    this.#readFor = (who) => objects.readFor(who);
    this.#uploads = uploads;
    this.#maxBytes = maxBytes;
    this.#store = store;
    this.#images = images;
  }

  keysOf(client: string): string {
    return clientPrefix(client);
  }

  async begin({ transfer, folder, isAppend, ...init }: UploadInit): Promise<FrameUpload | string> {
    const key = isAppend ? appendedKey(init) : folder === undefined ? undefined : keyIn(folder, init);
    const token = `${TOKEN}${transfer}`;
    const request: UploadRequest = { ...init, token, ...(key === undefined ? {} : { key }) };
    if (key !== undefined && isAppend) {
      request.isAppend = true;
      await faulty(this.#checkAppend(key, init.size ?? 0));
    }
    await faulty(this.#tidy(init));
    // What is left of another append of the same size has hardly the same content.
    const begun = await faulty(this.#uploads.begin(request, { orLeft: !isAppend }));
    return 'accepted' in begun ? begun.accepted.key : new Storing(begun.upload);
  }

  /** Says what can be known of an append before it comes: what is acknowledged later is to get into the object. */
  async #checkAppend(key: string, bytes: number): Promise<void> {
    if (!this.#store.append) throw new FileFault('not_supported', 'Nothing can be appended to objects in this store.');
    // A store that cannot be asked now is waited for.
    const before = await this.#store.head(key).catch(() => undefined);
    if (before) checkAppend(key, before, bytes, { maxBytes: this.#maxBytes });
  }

  /** Only the last unfinished uploads of a device are kept: a device that resets again and again must not fill the spool. */
  async #tidy({ from, account }: Pick<UploadInit, 'from' | 'account'>): Promise<void> {
    const left = this.#uploads
      .inState('receiving')
      .filter(
        (record) =>
          record.from === from &&
          record.account === account &&
          record.token?.startsWith(TOKEN) &&
          !this.#uploads.isOwned(record),
      );
    for (const record of left.slice(0, Math.max(0, left.length - MAX_LEFT))) await this.#uploads.drop(record);
  }

  async open(key: string, options: FetchOptions | null, device?: Reader): Promise<FileSource | undefined> {
    return await faulty(this.#open(key, options, this.#readFor(readForDevice(device))));
  }

  async #open(key: string, fetch: FetchOptions | null, from: ObjectReader): Promise<FileSource | undefined> {
    const options = fetch && imageOptionsOf(fetch);
    if (options && (options.width ?? options.height ?? options.format) !== undefined) {
      return await this.#openImage(key, options, from);
    }
    const info = await from.head(key);
    if (info === undefined) return undefined;
    const range = (offset: number, length: number) => ({
      start: offset,
      end: Math.min(offset + length, info.size) - 1,
    });
    return {
      size: info.size,
      name: nameOfObject(info),
      crc32: info.crc32 ?? (await this.#checksum(info, from)),
      read: (offset, length) => faulty(read(key, from, range(offset, length))),
    };
  }

  /** Converted images are not kept for the device: if the cache has lost one, it is made again. */
  async #openImage(key: string, options: ImageOptions, from: ObjectReader): Promise<FileSource | undefined> {
    const image = await this.#images.get(key, options, from);
    if (image === undefined) return undefined;
    return {
      size: image.bytes.length,
      crc32: crc32(image.bytes),
      name: image.fileName,
      read: async (offset, length) => {
        const again = await faulty(this.#images.get(key, options, from));
        if (again?.etag !== image.etag) throw new FileFault('no_file', 'It was replaced.');
        return again.bytes.subarray(offset, offset + length);
      },
    };
  }

  async #checksum({ key, etag }: ObjectInfo, from: ObjectReader): Promise<number> {
    const name = `${etag} ${key}`;
    const known = this.#checksums.get(name);
    if (known !== undefined) return known;
    const opened = await from.open(key);
    let checksum = 0;
    for await (const piece of opened?.stream ?? []) checksum = crc32(piece, checksum);
    this.#checksums.set(name, checksum);
    const oldest = this.#checksums.keys().next().value;
    if (this.#checksums.size > MAX_CHECKSUMS && oldest !== undefined) this.#checksums.delete(oldest);
    return checksum;
  }
}

/** A board on a cable has a path for its address. */
function readForDevice({ account, address }: Reader = { account: undefined, address: undefined }): ReadFor {
  const isLocal = address === undefined || address.startsWith('/') || isLoopback(address);
  return { account, isLocal };
}

async function read(key: string, from: ObjectReader, range: ByteRange): Promise<Uint8Array> {
  const opened = await from.open(key, range);
  if (opened === undefined) throw new FileFault('no_file', 'It was removed.');
  return await buffer(opened.stream);
}

/** The key of the object that a device appends to. Throws a FileFault. */
function appendedKey({ from, name }: Pick<UploadInit, 'from' | 'name'>): string {
  try {
    return partKey(clientPrefix(from), name);
  } catch (error) {
    throw toFault(error);
  }
}

/** The key of a folder, or of a file in it. Throws a FileFault. */
function keyIn(folder: string, { from, kind, name }: Pick<UploadInit, 'from' | 'kind' | 'name'>): string {
  const key = folderKey(from, folder);
  if (key === undefined) throw new FileFault('name_invalid', 'No name of a folder.');
  if (kind === 'folder') return key;
  try {
    return partKey(key, name);
  } catch (error) {
    throw toFault(error);
  }
}

/** An upload as a device sees it. */
class Storing implements FrameUpload {
  readonly #upload: Upload;

  constructor(upload: Upload) {
    this.#upload = upload;
  }

  get size(): number {
    return this.#upload.offset;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await faulty(this.#upload.append(bytes));
  }

  async finish(expected: { size: number; crc32: number }): Promise<string> {
    const { key } = await faulty(this.#upload.finish(expected));
    return key;
  }

  async release(): Promise<void> {
    await faulty(this.#upload.suspend());
  }

  async drop(): Promise<void> {
    await faulty(this.#upload.discard());
  }
}

async function faulty<T>(what: Promise<T>): Promise<T> {
  try {
    return await what;
  } catch (error) {
    throw toFault(error);
  }
}

function toFault(cause: unknown): unknown {
  if (cause instanceof ObjectError) return new FileFault(OBJECT_CODES[cause.code], cause.message, { cause });
  if (cause instanceof ImageError) return new FileFault(IMAGE_CODES[cause.code], cause.message, { cause });
  if (!(cause instanceof UploadError)) return cause;
  const isGone = cause.code === 'over' || cause.code === 'replaced';
  return new FileFault(isGone ? 'no_file' : 'storage_full', cause.message, { cause });
}
