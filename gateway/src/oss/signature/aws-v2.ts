import type { RawRequest } from '../request.ts';
import type { AwsClaimV2 } from './aws-claim.ts';
import { sha1StringToSign } from './sha1-signature.ts';

/** The parameters that V2 signs. */
const SIGNED_PARAMS = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'defaultObjectAcl',
  'delete',
  'inventory',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'partNumber',
  'policy',
  'replication',
  'requestPayment',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'select',
  'select-type',
  'storageClass',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
]);

/**
 * What an AWS V2 signature is made of.
 *
 * @param resource `/bucket/key` as it was sent, with the bucket also where the host names it
 */
export function stringToSignAwsV2(request: RawRequest, { dateLine }: AwsClaimV2, resource: string): string {
  const { headers, query } = request;
  // A URL may have headers among its parameters.
  const inUrl = query
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !headers.has(name));
  return sha1StringToSign(request, {
    ...{ dateLine, resource, prefix: 'x-amz-', signedParams: SIGNED_PARAMS },
    headers: [...headers, ...inUrl],
  });
}
