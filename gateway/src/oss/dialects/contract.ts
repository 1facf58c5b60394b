import type { ObjectInfo } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import type { OssError } from '../oss-error.ts';
import type { XmlFields } from '../xml.ts';

/** What a request says of what it wants, besides its method and path. */
export interface Asked {
  query: readonly (readonly [name: string, value: string])[];
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
}

/** What an answer that is an error tells of its request. */
export interface ErrorSetting {
  /** The id of the request, as its answer has it. */
  id: string;
  /** As the request names it. */
  host: string;
  /** The path as it was sent. */
  path: string;
  isHead: boolean;
}

/**
 * How one protocol words what the operations do, which know none: its names, forms, limits and errors. Which operations it has, and by
 * which requests, is in its table (`operations/table.ts`).
 */
export interface Dialect {
  readonly name: 'oss' | 's3';
  /** What the names of its own headers begin with: `x-oss-`. */
  readonly prefix: string;
  /** The storage class of everything. */
  readonly storageClass: string;
  readonly maxKeys: {
    /** How many keys a page of a list has where a client does not say it. */
    readonly standard: number;
    readonly least: number;
    readonly most: number;
    /** Whether a client that asks for more gets the most there is; otherwise it is refused. */
    readonly isCapped: boolean;
  };
  /** The smallest size of a part, the last one excepted, in bytes. */
  readonly minPartBytes: number;

  /** The request as operations take it: what this dialect puts elsewhere is in its place. Its signature covers it as it was. */
  understand(asked: Asked): Asked;

  /** An ETag as it is written, from one as the store has it. */
  quoteEtag(etag: string): string;
  /** A key where a client asks for `encoding-type=url`. */
  encodeKey(key: string): string;
  /** A document with one root. */
  writeXml(root: string, fields: XmlFields): string;

  /** Headers that tell what content an object has, such as a client checks after an upload. */
  contentHeaders(info: Pick<ObjectInfo, 'etag' | 'crc64' | 'size' | 'isAppendable'>): Record<string, string>;
  /** Digests in the answer to an upload, besides these. */
  writtenHeaders(info: ObjectInfo): Record<string, string>;
  /**
   * What else is told of an object that is given out, whole or in part.
   *
   * @param headers of the request
   */
  readHeaders(info: ObjectInfo, headers: ReadonlyMap<string, string>, isWhole: boolean): Record<string, string>;
  /** Headers of the answer to a part of an upload that came; `md5` in hex. */
  partHeaders(part: { md5: string; crc64: string }): Record<string, string>;
  /** What an object has in lists besides key, time, ETag, size and storage class. */
  listed(info: ObjectInfo): XmlFields;

  /** Whether an object may be copied to itself with nothing changed, which some take for a mistake. */
  readonly copiesInPlace: boolean;
  /** What a `+` is in the name of the source of a copy. */
  readonly plusInCopySource: ' ' | '+';
  /** Whether the client forbids to replace an object. */
  isOnlyNew(headers: ReadonlyMap<string, string>): boolean;
  /** Whether a range outside of the object is an error; otherwise all of the object is the answer. */
  isRangeStrict(headers: ReadonlyMap<string, string>): boolean;

  /** Headers of every answer. */
  requestHeaders(id: string): Record<string, string>;
  /** An error in its own codes, from whatever was thrown. */
  toError(thrown: unknown): OssError;
  errorAnswer(error: OssError, setting: ErrorSetting): OssAnswer;
}
