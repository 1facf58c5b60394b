import type { ObjectInfo } from '../../../objects/contract.ts';
import { toOssError } from '../../oss-error.ts';
import { strictEncode } from '../../percent.ts';
import { writeXml } from '../../xml.ts';
import type { Dialect } from '../contract.ts';

/** Aliyun's OSS. */
export const OSS: Dialect = {
  name: 'oss',
  prefix: 'x-oss-',
  storageClass: 'Standard',
  maxKeys: { standard: 100, least: 1, most: 1000, isCapped: false },
  minPartBytes: 100 * 1024,

  understand: (asked) => asked,
  quoteEtag,
  encodeKey: strictEncode,
  writeXml: (root, fields) => writeXml(root, fields),

  contentHeaders: (info) => ({
    ETag: quoteEtag(info.etag),
    'x-oss-object-type': typeOf(info),
    ...(info.crc64 !== undefined && { 'x-oss-hash-crc64ecma': info.crc64 }),
    ...(info.isAppendable && { 'x-oss-next-append-position': String(info.size) }),
  }),
  writtenHeaders: md5Header,
  readHeaders: (info) => ({ 'x-oss-storage-class': 'Standard', ...md5Header(info) }),
  partHeaders: ({ md5, crc64 }) => ({
    ETag: quoteEtag(md5),
    'Content-MD5': base64Of(md5),
    'x-oss-hash-crc64ecma': crc64,
  }),
  listed: (info) => ({ Type: typeOf(info) }),

  copiesInPlace: true,
  // Some clients write a blank so; a real plus is %2B.
  plusInCopySource: ' ',
  isOnlyNew: (headers) => headers.get('x-oss-forbid-overwrite')?.toLowerCase() === 'true',
  // Unless the client asks for the rule of HTTP.
  isRangeStrict: (headers) => headers.get('x-oss-range-behavior') === 'standard',

  requestHeaders: (id) => ({ 'x-oss-request-id': id }),
  toError: toOssError,
  errorAnswer: ({ status, code, message, details, headers: more }, { id, host, isHead }) => {
    const body = writeXml('Error', { Code: code, Message: message, RequestId: id, HostId: host, ...details });
    const headers = { ...more, 'Content-Type': 'application/xml' };
    // A HEAD has no body, so its error travels in a header.
    return isHead
      ? { status, headers: { ...headers, 'x-oss-err': Buffer.from(body).toString('base64') } }
      : { status, headers, body };
  },
};

/** In quotes, and in capitals. */
function quoteEtag(etag: string): string {
  return `"${etag.toUpperCase()}"`;
}

/** The MD5 of an object that was uploaded in one request; it is not known of others. */
function md5Header({ etag, isAppendable }: ObjectInfo): Record<string, string> {
  return !isAppendable && /^[0-9a-f]{32}$/i.test(etag) ? { 'Content-MD5': base64Of(etag) } : {};
}

function typeOf({ etag, isAppendable }: Pick<ObjectInfo, 'etag' | 'isAppendable'>): string {
  if (isAppendable) return 'Appendable';
  return etag.includes('-') ? 'Multipart' : 'Normal';
}

function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
