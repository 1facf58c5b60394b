import type { ObjectInfo, WriteOptions } from '../objects/contract.ts';
import { headerText, keptHeaders, sendable } from '../objects/kept-headers.ts';
import { quoteEtag } from './answer.ts';
import { OssError } from './oss-error.ts';
import type { RawRequest } from './request.ts';

const META = 'x-oss-meta-';
/** As OSS has it: names and values of an object's metadata together. */
const MAX_METADATA_BYTES = 8192;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

export type ObjectDescription = Required<Pick<WriteOptions, 'contentType' | 'metadata'>> &
  Pick<WriteOptions, 'headers'>;

/** The headers that tell of an object. */
export function objectHeaders(info: ObjectInfo): Record<string, string> {
  const headers: Record<string, string> = {
    'Content-Type': headerText(info.contentType),
    'Accept-Ranges': 'bytes',
    'x-oss-storage-class': 'Standard',
    // What is uploaded must not run as a page of this machine.
    'Content-Security-Policy': 'sandbox',
    'X-Content-Type-Options': 'nosniff',
    ...sendable(info.headers),
    ...contentHeaders(info),
    ...md5Header(info),
    ...dateHeader(info),
  };
  for (const [name, value] of Object.entries(info.metadata)) {
    // The gateway's own metadata may have names that no header can have.
    if (TOKEN.test(name)) headers[META + name] = headerText(value);
  }
  return headers;
}

/** The headers that tell what content an object has, such as a client checks after an upload. */
export function contentHeaders({ etag, crc64 }: Pick<ObjectInfo, 'etag' | 'crc64'>): Record<string, string> {
  return {
    ETag: quoteEtag(etag),
    'x-oss-object-type': etag.includes('-') ? 'Multipart' : 'Normal',
    ...(crc64 !== undefined && { 'x-oss-hash-crc64ecma': crc64 }),
  };
}

/** The digest of an object that was put whole; of others it is not known. */
export function md5Header({ etag }: Pick<ObjectInfo, 'etag'>): Record<string, string> {
  return /^[0-9a-f]{32}$/i.test(etag) ? { 'Content-MD5': Buffer.from(etag, 'hex').toString('base64') } : {};
}

export function dateHeader({ modifiedMs }: ObjectInfo): Record<string, string> {
  return { 'Last-Modified': new Date(modifiedMs).toUTCString() };
}

/** What a client says of the object that it uploads: type, headers, metadata. Throws OssError where that is too much. */
export function readDescription({ headers }: RawRequest): ObjectDescription {
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(META)) continue;
    metadata[name.slice(META.length)] = value;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw new OssError(400, 'InvalidArgument', `The metadata of an object has at most ${MAX_METADATA_BYTES} bytes.`);
  }
  const kept = keptHeaders((name) => headers.get(name));
  return {
    contentType: headers.get('content-type') ?? 'application/octet-stream',
    ...(kept && { headers: kept }),
    metadata,
  };
}

/** The digest that Content-MD5 announces, hex. Throws OssError InvalidDigest where it is none. */
export function readContentMd5({ headers }: RawRequest): string | undefined {
  const text = headers.get('content-md5');
  if (text === undefined) return undefined;
  const digest = Buffer.from(text, 'base64');
  if (digest.length === 16 && digest.toString('base64') === text.trim()) return digest.toString('hex');
  throw new OssError(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', { 'Content-MD5': text });
}
