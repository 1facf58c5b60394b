import { createHmac } from 'node:crypto';
import type { RawRequest, Target } from '../request.ts';
import type { ClaimV1 } from './claim.ts';

/** The parameters that V1 signs, of those that a client may send here; it leaves out what only narrows a listing. */
const SIGNED_PARAMS = new Set([
  'acl',
  'append',
  'asyncFetch',
  'bucketInfo',
  'callback',
  'callback-var',
  'cname',
  'comp',
  'continuation-token',
  'cors',
  'delete',
  'encryption',
  'endTime',
  'img',
  'inventory',
  'inventoryId',
  'lifecycle',
  'live',
  'location',
  'logging',
  'metaQuery',
  'objectMeta',
  'partNumber',
  'policy',
  'position',
  'qos',
  'qosInfo',
  'referer',
  'regionList',
  'replication',
  'replicationLocation',
  'replicationProgress',
  'requestPayment',
  'resourceGroup',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'security-token',
  'sequential',
  'startTime',
  'stat',
  'status',
  'style',
  'styleName',
  'symlink',
  'tagging',
  'transferAcceleration',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'vod',
  'website',
  'worm',
  'wormExtend',
  'wormId',
  'x-oss-ac-forward-allow',
  'x-oss-ac-source-ip',
  'x-oss-ac-subnet-mask',
  'x-oss-ac-vpc-id',
  'x-oss-async-process',
  'x-oss-process',
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

/** What a V1 signature is made of: verb, MD5, type, date, the `x-oss-` headers and the resource, a line each. */
export function stringToSignV1(request: RawRequest, claim: ClaimV1, target: Target): string {
  const { method, headers, query } = request;
  const ossHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(byName)
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const params = query
    .filter(([name]) => SIGNED_PARAMS.has(name))
    .sort(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const resource = target.bucket === undefined ? '/' : `/${target.bucket}/${target.key}`;
  return [
    method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    claim.dateLine,
    ossHeaders.join('') + resource + (params.length === 0 ? '' : `?${params.join('&')}`),
  ].join('\n');
}

/** The signature, base64. */
export function signV1(secret: string, stringToSign: string): string {
  return createHmac('sha1', secret).update(stringToSign).digest('base64');
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
