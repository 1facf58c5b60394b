import type { ObjectInfo, WriteOptions } from '../objects/contract.ts';
import { headerText, keptHeaders, sendable } from '../objects/kept-headers.ts';
import { OssError } from './oss-error.ts';
import type { OssRequest } from './request.ts';

/** OSS's limit for the names and values of an object's metadata together, in bytes. */
const MAX_METADATA_BYTES = 8192;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

export type ObjectDescription = Required<Pick<WriteOptions, 'contentType' | 'metadata'>> &
  Pick<WriteOptions, 'headers'>;

/** The headers that tell of an object. */
export function objectHeaders(
  { dialect, headers: asked }: OssRequest,
  info: ObjectInfo,
  isWhole = true,
): Record<string, string> {
  const headers: Record<string, string> = {
    'Content-Type': headerText(info.contentType),
    'Accept-Ranges': 'bytes',
    ...dialect.readHeaders(info, asked, isWhole),
    // An uploaded HTML page must not run in the gateway's own origin.
    'Content-Security-Policy': 'sandbox',
    'X-Content-Type-Options': 'nosniff',
    ...sendable(info.headers),
    ...dialect.contentHeaders(info),
    ...dateHeader(info),
  };
  for (const [name, value] of Object.entries(info.metadata)) {
    // Metadata written by the gateway itself may have names that are not valid header names.
    if (TOKEN.test(name)) headers[`${dialect.prefix}meta-${name}`] = headerText(value);
  }
  return headers;
}

export function dateHeader({ modifiedMs }: ObjectInfo): Record<string, string> {
  return { 'Last-Modified': new Date(modifiedMs).toUTCString() };
}

/** What a client says of the object that it uploads: type, headers, metadata. Throws OssError where that is too much. */
export function readDescription({ headers, dialect }: OssRequest): ObjectDescription {
  const prefix = `${dialect.prefix}meta-`;
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(prefix)) continue;
    metadata[name.slice(prefix.length)] = value;
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
export function readContentMd5({ headers }: OssRequest): string | undefined {
  const text = headers.get('content-md5');
  if (text === undefined) return undefined;
  const digest = Buffer.from(text, 'base64');
  if (digest.length === 16 && digest.toString('base64') === text.trim()) return digest.toString('hex');
  throw new OssError(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', { 'Content-MD5': text });
}
