import type { AllowedRules } from '../../operations/allowed.ts';

const PARAMS = new Set([
  'AWSAccessKeyId',
  'Signature',
  'Expires',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Content-Sha256',
  // The name of the operation, for logs.
  'x-id',
]);

const HEADERS = new Set([
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-user-agent',
  'x-amz-api-version',
  'x-amz-request-payer',
  // Looked at before anything else.
  'x-amz-expected-bucket-owner',
  'x-amz-source-expected-bucket-owner',
  // How the body comes, and what it is checked against while it does.
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-checksum-algorithm',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
]);

const HARMLESS: AllowedRules['harmless'] = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-bucket-object-lock-enabled': ['false'],
  'x-amz-object-ownership': ['bucketownerenforced'],
  'x-amz-optional-object-attributes': ['restorestatus'],
  'x-amz-storage-class': ['standard'],
  'x-amz-tagging-directive': ['copy'],
  versionId: ['null'],
};

const NAMES: AllowedRules['names'] = {
  accelerate: 'transfer acceleration',
  analytics: 'analytics',
  append: 'appending to objects by S3',
  cors: 'rules for web pages of other origins',
  encryption: 'encryption on the server',
  'if-match': 'the condition If-Match for copying and deleting',
  'intelligent-tiering': 'other storage classes than STANDARD',
  inventory: 'inventories',
  'legal-hold': 'legal holds',
  lifecycle: 'lifecycle rules',
  logging: 'access logs',
  metrics: 'metrics of the bucket',
  notification: 'notifications by S3; subscribe to the channel of the objects instead',
  'object-lock': 'object locks',
  ownershipControls: 'other owners',
  policy: 'bucket policies',
  publicAccessBlock: 'public access',
  replication: 'replication',
  requestPayment: 'payment by requesters',
  restore: 'archived objects',
  retention: 'retention rules',
  select: 'queries within objects',
  tagging: 'tags',
  torrent: 'torrents',
  versionId: 'versions',
  versioning: 'versions',
  versions: 'versions',
  website: 'static web sites',
  'x-amz-acl': 'access rules of single objects',
  'x-amz-bucket-object-lock-enabled': 'object locks',
  'x-amz-object-lock-legal-hold': 'legal holds',
  'x-amz-object-lock-mode': 'retention rules',
  'x-amz-object-lock-retain-until-date': 'retention rules',
  'x-amz-rename-source': 'renaming',
  'x-amz-storage-class': 'other storage classes than STANDARD',
  'x-amz-tagging': 'tags',
  'x-amz-tagging-directive': 'tags',
  'x-amz-website-redirect-location': 'static web sites',
  'x-amz-write-offset-bytes': 'appending to objects by S3',
};

/** What every request of S3 may have. */
export const S3_RULES: AllowedRules = { params: PARAMS, headers: HEADERS, harmless: HARMLESS, names: NAMES };
