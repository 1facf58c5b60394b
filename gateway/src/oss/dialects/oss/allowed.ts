import type { AllowedRules } from '../../operations/allowed.ts';

const PARAMS = new Set([
  'OSSAccessKeyId',
  'Signature',
  'Expires',
  'security-token',
  'x-oss-signature',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-additional-headers',
  'x-oss-security-token',
  // The name of the operation, for logs.
  'x-id',
  // Billing and rate limits.
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

const HEADERS = new Set([
  'x-oss-date',
  'x-oss-content-sha256',
  'x-oss-security-token',
  'x-oss-user-agent',
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

const HARMLESS: AllowedRules['harmless'] = {
  'x-oss-acl': ['private'],
  'x-oss-object-acl': ['private', 'default'],
  'x-oss-storage-class': ['standard'],
  'x-oss-data-redundancy-type': ['lrs'],
  'x-oss-tagging-directive': ['copy'],
  versionId: ['null'],
};

const NAMES: AllowedRules['names'] = {
  append: 'appending to objects',
  callback: 'callbacks',
  cors: 'rules for web pages of other origins',
  encryption: 'encryption on the server',
  inventory: 'inventories',
  legalHold: 'legal holds',
  lifecycle: 'lifecycle rules',
  live: 'live channels',
  logging: 'access logs',
  policy: 'bucket policies',
  referer: 'referer rules',
  replication: 'replication',
  requestPayment: 'payment by requesters',
  restore: 'archived objects',
  retention: 'retention rules',
  stat: 'bucket statistics',
  symlink: 'symbolic links',
  tagging: 'tags',
  versionId: 'versions',
  versioning: 'versions',
  versions: 'versions',
  website: 'static web sites',
  worm: 'retention policies',
  'x-oss-async-process': 'processing',
  'x-oss-callback': 'callbacks',
  'x-oss-dir': 'folders of their own',
  'x-oss-object-acl': 'access rules of single objects',
  'x-oss-process': 'processing',
  'x-oss-rename': 'renaming',
  'x-oss-storage-class': 'other storage classes than Standard',
  'x-oss-tagging': 'tags',
  'x-oss-version-id': 'versions',
};

/** What every request of OSS may have. */
export const OSS_RULES: AllowedRules = { params: PARAMS, headers: HEADERS, harmless: HARMLESS, names: NAMES };
