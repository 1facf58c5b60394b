import type { Readable } from 'node:stream';
import type { ByteRange } from '../common/ranges.ts';
import type { ObjectKind } from '../hub/message.ts';
import type { KeptHeaders } from './kept-headers.ts';

/** A checksum of the whole content that a client of S3 gave, and that was found to be right. */
export interface KeptChecksum {
  /** As in S3's header: `crc32c`. */
  name: string;
  /** Base64. */
  value: string;
}

/** The properties of an object. */
export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  /** The SHA-256 of the content in hex; missing for appendable objects, and if a remote store does not tell it. */
  sha256?: string;
  /**
   * The ETag without quotes: for objects written whole, the MD5 in hex; for others and for large uploads `<hex>-<parts>`; for appendable
   * objects 32 hex digits that are no MD5, and others after each append.
   */
  etag: string;
  /** It was made by `append`, and can be appended to. */
  isAppendable?: true | undefined;
  /** CRC-64/XZ in decimal, as in OSS's `x-oss-hash-crc64ecma`; missing if a remote store does not tell it. */
  crc64?: string;
  /** CRC-32 of the content, an unsigned number; missing if a remote store does not tell it. */
  crc32?: number;
  /** One that its writer gave with it, besides these; missing if there was none, or a store cannot keep that. */
  checksum?: KeptChecksum | undefined;
  contentType: string;
  headers?: KeptHeaders | undefined;
  /** Milliseconds since 1970. */
  modifiedMs: number;
  /** User metadata: names in lower case, without `x-oss-meta-`. The gateway's own uploads have `name`, `kind` and `from`. */
  metadata: Readonly<Record<string, string>>;
  /** The name that a client which wrote it by OSS told its recipients; missing if it told nobody. See `nameOfObject`. */
  fileName?: string | undefined;
  /** The kind that such a client gave it. */
  kind?: ObjectKind | undefined;
  /** The client or channel that was told about it. */
  to?: string | undefined;
}

/** What a client that wrote an object by OSS told its recipients about it. */
export type Told = Required<Pick<ObjectInfo, 'fileName' | 'kind' | 'to'>>;

export interface ListOptions {
  prefix?: string;
  /** Keys are grouped: what follows the prefix is cut after the first delimiter and listed once, among the common prefixes. */
  delimiter?: string;
  /**
   * Only keys after this one, in the byte order of UTF-8. If it is a common prefix of the previous page, keys below that prefix are not
   * listed again.
   */
  after?: string;
  /** Objects and prefixes together; at least 1. */
  limit: number;
}

export interface ObjectPage {
  objects: ObjectInfo[];
  /** Common prefixes, up to and including the delimiter. */
  prefixes: string[];
  /** The value of `after` for the next page; undefined at the end. */
  next?: string;
}

export interface WriteOptions {
  /** Default `application/octet-stream`. */
  contentType?: string;
  headers?: KeptHeaders | undefined;
  metadata?: Readonly<Record<string, string>>;
  /** The announced size in bytes: content of another size is refused, a larger one as soon as it is noticed. */
  size?: number;
  /** Announced digests in hex: other content is refused. */
  md5?: string;
  sha256?: string;
  /** An announced CRC-32, an unsigned number. */
  crc32?: number;
  /** For multipart objects: the ETag to keep instead of the MD5. */
  etag?: string;
  /** The checksum to keep, asked for when all of the content has come, as it may come behind that. */
  checksum?: (() => KeptChecksum | undefined) | undefined;
  /** Refuse with `exists` to replace an object. */
  onlyNew?: boolean;
  /**
   * Is given the object that would be replaced, at the very moment before that; what it throws ends the write. Only for stores that say so
   * (`comparesOnWrite`).
   */
  onlyIf?: ((before: ObjectInfo | undefined) => void) | undefined;
  /** The client or channel that is told about it. */
  to?: string | undefined;
  /** Its position in the order of all objects; by default, that of a new one. */
  place?: number | undefined;
}

export interface AppendOptions
  extends Pick<WriteOptions, 'contentType' | 'headers' | 'metadata' | 'size' | 'md5' | 'to'> {
  /** Where it goes, which must be the object's length; by default at its end, wherever that is. Type, headers and metadata count at 0 only. */
  position?: number | undefined;
  /**
   * The same content at that position already is answered as if it had just been appended: for senders that repeat an append whose answer
   * was lost.
   */
  isRepeatable?: boolean;
  /** The longest that the object may become, in bytes, if that is less than MAX_APPENDED_BYTES. */
  maxBytes?: number;
}

export interface Appended {
  /** The object with what was appended. */
  info: ObjectInfo;
  /** Where that begins in the object. */
  position: number;
}

/** OSS's limit for an object that is appended to. */
export const MAX_APPENDED_BYTES = 5 * 1024 ** 3;

/**
 * Where objects are stored. Every method that takes a key throws ObjectError `bad_key` for a key that `checkKey` refuses. Methods reject
 * only with an ObjectError, or with what the body of a write throws, which ends that write.
 */
export interface ObjectStore {
  /** Whether `write` knows `onlyIf`: a store elsewhere would not ask at the moment of writing. */
  readonly comparesOnWrite?: boolean;
  /** Undefined if there is no such object. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /**
   * The content, whole or a range within it; undefined if there is no such object. An object that is replaced or removed while it is being
   * read is read to its end unchanged. The stream fails with ObjectError `corrupt` if an object that is read whole is not what was written.
   */
  open(key: string, range?: ByteRange): Promise<{ info: ObjectInfo; stream: Readable } | undefined>;
  /**
   * Stores the whole object or nothing: it is on disk when the promise resolves, and replaces an older one atomically. Chunks are not used
   * any more once the body is asked for the next one.
   */
  write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo>;
  /**
   * Appends to an appendable object, or makes one. What was appended is on disk when the promise resolves; otherwise the object is as it
   * was. Who reads it meanwhile gets what was there before. Missing if a store cannot do that.
   *
   * @throws PositionError; ObjectError `not_appendable`, `too_large`, and those of `write`
   */
  append?: ((key: string, body: AsyncIterable<Uint8Array>, options?: AppendOptions) => Promise<Appended>) | undefined;
  /** Returns false if there was none. */
  remove(key: string): Promise<boolean>;
  /** Records what recipients were told about the object, unless something is recorded already; missing if a store cannot keep that. */
  note?(key: string, told: Told): Promise<void>;
  list(options: ListOptions): Promise<ObjectPage>;
}

export type ObjectErrorCode =
  /** No store accepts this key. */
  | 'bad_key'
  /** Larger than an object may be. */
  | 'too_large'
  /** Not of the announced size. */
  | 'wrong_size'
  /** Not the announced content. */
  | 'wrong_digest'
  /** An image that ends before its own structure does. */
  | 'cut'
  /** There is an object with this key, and it was not to be replaced. */
  | 'exists'
  /** To be appended elsewhere than at the end: a PositionError. */
  | 'wrong_position'
  /** The object was written as a whole. */
  | 'not_appendable'
  /** No room: in the quota, in the budget or on the disk. */
  | 'full'
  /** What is in the store is not what was written. */
  | 'corrupt'
  /** The store cannot be reached or used now; it may be later. */
  | 'unavailable'
  /** The store refuses, and will again: wrong access keys, or no such bucket. */
  | 'refused'
  /** Another gateway has it, and does not let this reader have it. */
  | 'not_allowed';

/** Why an operation on an object failed; the message is one sentence for a person. */
export class ObjectError extends Error {
  readonly code: ObjectErrorCode;

  constructor(code: ObjectErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ObjectError';
    this.code = code;
  }
}

/** Something was to be appended elsewhere than at the end of an object. */
export class PositionError extends ObjectError {
  /** Where the object ends: its length in bytes, 0 if there is none. */
  readonly length: number;

  constructor(key: string, position: number, length: number) {
    super('wrong_position', `The object ${key} has ${length} bytes, so nothing can be appended at ${position}.`);
    this.length = length;
  }
}

/** OSS's limit, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1023;

/**
 * Throws ObjectError `bad_key` for a key that is empty, longer than 1023 bytes, not well-formed Unicode, that begins with `/` or `\`, or
 * has a control character or a segment `.` or `..`.
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
