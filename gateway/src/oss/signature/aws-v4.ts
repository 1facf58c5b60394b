import { createHash, createHmac } from 'node:crypto';
import type { ChunkSignatures } from '../body/aws-chunked.ts';
import { strictEncode } from '../percent.ts';
import type { RawRequest } from '../request.ts';
import { AWS_V4, type AwsClaimV4 } from './aws-claim.ts';
import { isSame, signatureMismatch } from './mismatch.ts';

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** The request as AWS V4 writes it, the digest of which is signed. */
export function canonicalRequestAwsV4(request: RawRequest, { signedHeaders, payload }: AwsClaimV4): string {
  const { method, path, headers, query } = request;
  const params = query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [strictEncode(name), strictEncode(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`);
  return [
    method,
    strictEncode(path).replaceAll('%2F', '/'),
    params.join('&'),
    signedHeaders.map((name) => `${name}:${oneBlank(headers.get(name) ?? '')}\n`).join(''),
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

export function stringToSignAwsV4(claim: AwsClaimV4, canonicalRequest: string): string {
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  return [AWS_V4, claim.timestamp, scopeText(claim), digest].join('\n');
}

/** The key that signs for a day, a region and a service. */
export function signingKeyAwsV4(secret: string, { scope }: AwsClaimV4): Buffer {
  return [scope.date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

/** The signature, hex. */
export function signAwsV4(signingKey: Buffer, stringToSign: string): string {
  return createHmac('sha256', signingKey).update(stringToSign).digest('hex');
}

/** The headers that must be signed, and are not: all that could change what a request asks for. */
export function unsignedHeaders({ headers }: RawRequest, { signedHeaders }: AwsClaimV4): string[] {
  const signed = new Set(signedHeaders);
  // The digest of the content is signed in any case, as a line of its own.
  const must = (name: string): boolean =>
    name === 'host' || (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256');
  return ['host', ...headers.keys()].filter(
    (name, index) => must(name) && !signed.has(name) && (index === 0 || name !== 'host'),
  );
}

/** The signatures of the chunks of a body, the first of which follows that of the request. */
export function chunkSignatures(signingKey: Buffer, claim: AwsClaimV4): ChunkSignatures {
  let previous = claim.signature;
  const check = (algorithm: string, digests: readonly string[], signature: string): void => {
    const stringToSign = [algorithm, claim.timestamp, scopeText(claim), previous, ...digests].join('\n');
    const expected = signAwsV4(signingKey, stringToSign);
    if (!isSame(expected, signature.toLowerCase())) {
      throw signatureMismatch({ AWSAccessKeyId: claim.keyId }, { signature: expected, stringToSign }, signature);
    }
    previous = expected;
  };
  return {
    checkChunk: (digest, signature) => check(`${AWS_V4}-PAYLOAD`, [EMPTY_SHA256, digest], signature),
    checkTrailers: (digest, signature) => check(`${AWS_V4}-TRAILER`, [digest], signature),
  };
}

function scopeText({ scope: { date, region, service } }: AwsClaimV4): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** A header's value without blanks around it, and with one in place of several. */
function oneBlank(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
