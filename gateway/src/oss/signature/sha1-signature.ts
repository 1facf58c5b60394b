import { createHmac } from 'node:crypto';
import type { RawRequest } from '../request.ts';

/** What differs between the signatures by HMAC-SHA1: OSS's V1 and Amazon's V2. */
export interface Sha1Parts {
  /** The date, as it was sent; of a URL, when it ends. */
  dateLine: string;
  /** The headers that are signed by their names, in lower case: those that begin with this, of these. */
  prefix: 'x-oss-' | 'x-amz-';
  headers: Iterable<readonly [name: string, value: string]>;
  /** `/bucket/key`. */
  resource: string;
  /** The parameters that are signed with the resource. */
  signedParams: ReadonlySet<string>;
}

/** What such a signature is made of: verb, MD5, type, date, the storage's own headers and the resource, a line each. */
export function sha1StringToSign({ method, headers, query }: RawRequest, parts: Sha1Parts): string {
  const { dateLine, prefix, resource, signedParams } = parts;
  const ownHeaders = [...parts.headers]
    .filter(([name]) => name.startsWith(prefix))
    .sort(byName)
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const params = query
    .filter(([name]) => signedParams.has(name))
    .sort(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return [
    method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    dateLine,
    ownHeaders.join('') + resource + (params.length === 0 ? '' : `?${params.join('&')}`),
  ].join('\n');
}

/** The signature, base64. */
export function sha1Signature(secret: string, stringToSign: string): string {
  return createHmac('sha1', secret).update(stringToSign).digest('base64');
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
