import { createHash, createHmac } from 'node:crypto';
import { strictEncode } from '../percent.ts';
import type { RawRequest } from '../request.ts';
import { type ClaimV4, V4 } from './claim.ts';

/** The request as V4 writes it, `path` being `/bucket/key` before it is encoded, the digest of which is signed. */
export function canonicalRequestV4(request: RawRequest, claim: ClaimV4, path: string): string {
  const { method, headers, query } = request;
  const additional = new Set(claim.additionalHeaders.filter((name) => !isAlwaysSigned(name)));
  const params = query
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]) => [strictEncode(name), strictEncode(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const signedHeaders = [...headers]
    .filter(([name]) => isAlwaysSigned(name) || additional.has(name))
    .sort(([name], [other]) => compare(name, other))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  return [
    method,
    strictEncode(path).replaceAll('%2F', '/'),
    params.join('&'),
    signedHeaders.join(''),
    [...additional].sort().join(';'),
    headers.get('x-oss-content-sha256') ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

export function stringToSignV4({ timestamp, scope }: ClaimV4, canonicalRequest: string): string {
  const { date, region, product } = scope;
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  return [V4, timestamp, `${date}/${region}/${product}/aliyun_v4_request`, digest].join('\n');
}

/** The signature, hex. */
export function signV4(secret: string, { scope }: ClaimV4, stringToSign: string): string {
  const steps = [scope.date, scope.region, scope.product, 'aliyun_v4_request', stringToSign];
  const signature = steps.reduce<string | Buffer>((key, step) => hmac(key, step), `aliyun_v4${secret}`);
  return (signature as Buffer).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function isAlwaysSigned(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
