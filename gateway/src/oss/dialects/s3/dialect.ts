import { isAppendableEtag } from '../../../objects/appendable-etag.ts';
import { keptEncoding } from '../../body/aws-payload.ts';
import { checksumOfHeader, createChecksum } from '../../body/checksums.ts';
import { notImplemented } from '../../oss-error.ts';
import { strictEncode } from '../../percent.ts';
import { writeXml } from '../../xml.ts';
import type { Asked, Dialect } from '../contract.ts';
import { checksumHeaders, isChecksumWanted } from './checksums.ts';
import { toS3Error } from './errors.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** Parameters of the signature in a URL; all others of this kind stand for headers. */
const OF_SIGNATURES =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|content-sha256|security-token)$/;

/** Amazon's S3. */
export const S3: Dialect = {
  name: 's3',
  prefix: 'x-amz-',
  storageClass: 'STANDARD',
  maxKeys: { standard: 1000, least: 0, most: 1000, isCapped: true },
  minPartBytes: 5 * 1024 * 1024,

  understand: moveHeaders,
  quoteEtag,
  encodeKey: (key) => strictEncode(key).replaceAll('%2F', '/'),
  writeXml: (root, fields) => writeXml(root, fields, NAMESPACE),

  contentHeaders: ({ etag }) => ({ ETag: quoteEtag(etag) }),
  writtenHeaders: checksumHeaders,
  readHeaders: (info, headers, isWhole) => (isWhole && isChecksumWanted(headers) ? checksumHeaders(info) : {}),
  partHeaders: ({ md5 }) => ({ ETag: quoteEtag(md5) }),
  listed: () => ({}),

  copiesInPlace: false,
  // minio-js leaves it as it is.
  plusInCopySource: '+',
  isOnlyNew,
  isRangeStrict: () => true,

  requestHeaders: (id) => ({ 'x-amz-request-id': id }),
  toError: toS3Error,
  errorAnswer: ({ status, code, message, details, headers: more }, { id, host, path, isHead }) => {
    const headers = { ...more, 'Content-Type': 'application/xml' };
    if (isHead) return { status, headers };
    const fields = { Code: code, Message: message, Resource: path, RequestId: id, HostId: host, ...details };
    return { status, headers, body: writeXml('Error', fields) };
  },
};

/** Clients take 32 digits for an MD5, which those of an appended object are not: it gets the form of objects that came in parts. */
function quoteEtag(etag: string): string {
  return `"${isAppendableEtag(etag) ? `${etag}-1` : etag}"`;
}

/** Objects are replaced, or must not be there; a condition that names an ETag would need to be checked at the very moment of writing. */
function isOnlyNew(headers: ReadonlyMap<string, string>): boolean {
  const condition = headers.get('if-none-match')?.trim();
  if (condition === undefined || condition === '*') return condition !== undefined;
  throw notImplemented('conditions for writing other than If-None-Match: *');
}

/** A signed URL may have headers among its parameters; `aws-chunked` is an encoding of the way here, and not of the object. */
function moveHeaders(request: Asked): Asked {
  const headers = new Map(request.headers);
  const query = request.query.filter(([name, value]) => {
    const header = name.toLowerCase();
    if (!header.startsWith('x-amz-') || OF_SIGNATURES.test(header)) return true;
    if (!headers.has(header) && !isOfNothing(header, value)) headers.set(header, value);
    return false;
  });
  const encoding = keptEncoding(headers.get('content-encoding') ?? '');
  if (encoding === undefined) headers.delete('content-encoding');
  else headers.set('content-encoding', encoding);
  return { headers, query };
}

/** Whether this is the checksum of no content: Amazon's client for JavaScript signs it into every URL for an upload, whatever that will be. */
function isOfNothing(header: string, value: string): boolean {
  const name = checksumOfHeader(header);
  return name !== undefined && createChecksum(name).digest().toString('base64') === value;
}
