import type { Readable } from 'node:stream';
import type { ByteRange } from '../common/ranges.ts';
import type { ObjectKind } from '../hub/message.ts';
import type { KeptHeaders } from './kept-headers.ts';

/** What is known of an object. */
export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  /** The hex digest of the content; absent where a remote store does not tell. */
  sha256?: string;
  /** The ETag without quotes: the MD5 in hex of objects written whole, `<hex>-<parts>` of others and of large uploads. */
  etag: string;
  /** CRC-64/XZ in decimal, as OSS's `x-oss-hash-crc64ecma` gives it; absent where a remote store does not tell. */
  crc64?: string;
  /** CRC-32 of the content, an unsigned number; absent where a remote store does not tell. */
  crc32?: number;
  contentType: string;
  headers?: KeptHeaders | undefined;
  /** Milliseconds since 1970. */
  modifiedMs: number;
  /** User metadata: lower-case names without `x-oss-meta-`. The gateway's own uploads have `name`, `kind`, `from`. */
  metadata: Readonly<Record<string, string>>;
  /** What a client that wrote it by OSS calls it, as it told its recipients; absent where it told nobody. See `nameOfObject`. */
  fileName?: string | undefined;
  /** What such a client said that it is. */
  kind?: ObjectKind | undefined;
  /** The client or channel that was told of it. */
  to?: string | undefined;
}

/** What a client that wrote an object by OSS told its recipients of it. */
export type Told = Required<Pick<ObjectInfo, 'fileName' | 'kind' | 'to'>>;

export interface ListOptions {
  prefix?: string;
  /** What follows the prefix is cut behind the first delimiter, and told once, among the prefixes. */
  delimiter?: string;
  /**
   * Only keys after this one, in the byte order of UTF-8. Where it is a common prefix that a page told, what is below
   * that prefix is not told again.
   */
  after?: string;
  /** Objects and prefixes together, at least 1. */
  limit: number;
}

export interface ObjectPage {
  objects: ObjectInfo[];
  /** Common prefixes up to the delimiter. */
  prefixes: string[];
  /** What to give as `after` for the next page; undefined at the end. */
  next?: string;
}

export interface WriteOptions {
  /** Default `application/octet-stream`. */
  contentType?: string;
  headers?: KeptHeaders | undefined;
  metadata?: Readonly<Record<string, string>>;
  /** The size that was announced, bytes: any other is refused, a larger one as soon as it is seen. */
  size?: number;
  /** Digests that were announced, hex: any other content is refused. */
  md5?: string;
  sha256?: string;
  /** For multipart objects: the ETag to keep instead of the MD5. */
  etag?: string;
  /** Refuse, with `exists`, to replace an object. */
  onlyNew?: boolean;
  /** The client or channel that is told of it. */
  to?: string | undefined;
  /** Where it stands among all objects; the place of a new one by default. */
  place?: number | undefined;
}

/**
 * Where objects are. Every method that takes a key throws ObjectError `bad_key` for one that `checkKey` refuses; every
 * method rejects with an ObjectError, and with nothing else but what the body of a write throws, which ends the write.
 */
export interface ObjectStore {
  /** Undefined where there is no such object. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /**
   * The content, all of it or a range that lies within it; undefined where there is no such object. An object that is
   * replaced or removed while it is read is read to its end as it was. The stream fails with ObjectError `corrupt`
   * where what is read whole is not what was written.
   */
  open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined>;
  /**
   * Takes the whole object or nothing: it is there, on disk, when the promise resolves, and replaces an older one at
   * once. Chunks are not kept after the body is asked for the next one.
   */
  write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo>;
  /** False where there was none. */
  remove(key: string): Promise<boolean>;
  /** Notes what was told of the object, where nothing is noted yet; left out where a store has no place for that. */
  note?(key: string, told: Told): Promise<void>;
  list(options: ListOptions): Promise<ObjectPage>;
}

export type ObjectErrorCode =
  /** The key is one that no store takes. */
  | 'bad_key'
  /** Larger than one object may be. */
  | 'too_large'
  /** Not the size that was announced. */
  | 'wrong_size'
  /** Not the content that was announced. */
  | 'wrong_digest'
  /** An image that ends before its own structure does. */
  | 'cut'
  /** There is an object with this key, and it was not to be replaced. */
  | 'exists'
  /** No room: the quota, the budget or the disk itself. */
  | 'full'
  /** What is in the store is not what was written. */
  | 'corrupt'
  /** The store cannot be reached or used now; later it may. */
  | 'unavailable'
  /** The store refuses, and will again: wrong access keys, no such bucket. */
  | 'refused';

/** What went wrong with an object; the message is one sentence for a person. */
export class ObjectError extends Error {
  readonly code: ObjectErrorCode;

  constructor(code: ObjectErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ObjectError';
    this.code = code;
  }
}

/** As OSS has it: bytes of UTF-8. */
export const MAX_KEY_BYTES = 1023;

/**
 * Throws ObjectError `bad_key` for a key that is empty, longer than 1023 bytes, no well-formed Unicode, begins with `/`
 * or `\`, or has a control character or a segment that is `.` or `..`.
 */
export function checkKey(key: string): void {
  const fault = faultOf(key);
  if (fault) throw new ObjectError('bad_key', `The object's key ${fault}.`);
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `has over ${MAX_KEY_BYTES} bytes`;
  if (/\p{Surrogate}/u.test(key)) return 'is not well-formed Unicode';
  if (/^[/\\]/.test(key)) return 'begins with a slash';
  if (/\p{Cc}/u.test(key)) return 'has a control character';
  if (key.split(/[/\\]/).some((segment) => segment === '.' || segment === '..')) return 'has a segment . or ..';
  return undefined;
}
