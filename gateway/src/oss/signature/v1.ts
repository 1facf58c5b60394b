import { createHmac } from 'node:crypto';
import type { RawRequest } from '../request.ts';
import type { ClaimV1 } from './claim.ts';

/** The parameters that V1 signs, of those that a client may send here; it leaves out what only narrows a listing. */
const SIGNED_PARAMS = new Set([
  'accessPoint',
  'accessPointPolicy',
  'acl',
  'append',
  'asyncFetch',
  'bucketArchiveDirectRead',
  'bucketInfo',
  'callback',
  'callback-var',
  'cloudboxes',
  'cname',
  'comp',
  'continuation-token',
  'cors',
  'delete',
  'encryption',
  'endTime',
  'group',
  'httpsConfig',
  'img',
  'inventory',
  'inventoryId',
  'legalHold',
  'lifecycle',
  'link',
  'live',
  'location',
  'logging',
  'metaQuery',
  'objectInfo',
  'objectMeta',
  'partNumber',
  'policy',
  'policyStatus',
  'position',
  'publicAccessBlock',
  'qos',
  'qosInfo',
  'qosRequester',
  'redundancyTransition',
  'referer',
  'regionList',
  'replication',
  'replicationLocation',
  'replicationProgress',
  'requestPayment',
  'requesterQosInfo',
  'resourceGroup',
  'resourcePool',
  'resourcePoolBuckets',
  'resourcePoolInfo',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'responseHeader',
  'retention',
  'rtc',
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
  'udf',
  'udfApplication',
  'udfApplicationLog',
  'udfId',
  'udfImage',
  'udfImageDesc',
  'udfName',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'vod',
  'website',
  'withHashContext',
  'worm',
  'wormExtend',
  'wormId',
  'x-oss-ac-forward-allow',
  'x-oss-ac-source-ip',
  'x-oss-ac-subnet-mask',
  'x-oss-ac-vpc-id',
  'x-oss-access-point-name',
  'x-oss-async-process',
  'x-oss-enable-md5',
  'x-oss-enable-sha1',
  'x-oss-enable-sha256',
  'x-oss-hash-ctx',
  'x-oss-md5-ctx',
  'x-oss-process',
  'x-oss-redundancy-transition-taskid',
  'x-oss-request-payer',
  'x-oss-target-redundancy-type',
  'x-oss-traffic-limit',
  'x-oss-write-get-object-response',
]);

/** What a V1 signature is made of, `path` being `/bucket/key`: verb, MD5, type, date, the `x-oss-` headers and the resource, a line each. */
export function stringToSignV1(request: RawRequest, claim: ClaimV1, path: string): string {
  const { method, headers, query } = request;
  const ossHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(byName)
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const params = query
    .filter(([name]) => SIGNED_PARAMS.has(name))
    .sort(byName)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return [
    method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    claim.dateLine,
    ossHeaders.join('') + path + (params.length === 0 ? '' : `?${params.join('&')}`),
  ].join('\n');
}

/** The signature, base64. */
export function signV1(secret: string, stringToSign: string): string {
  return createHmac('sha1', secret).update(stringToSign).digest('base64');
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
