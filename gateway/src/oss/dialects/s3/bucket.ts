import { documentAnswer, type OssAnswer, xmlTime } from '../../answer.ts';
import { readDocument } from '../../body.ts';
import type { OperationContext } from '../../operations/context.ts';
import { headObject } from '../../operations/get-object.ts';
import { OWNER } from '../../operations/owner.ts';
import { xmlAnswer } from '../../operations/xml-answer.ts';
import { OssError } from '../../oss-error.ts';
import type { OssRequest } from '../../request.ts';
import { readXml } from '../../xml.ts';

/** The region that is reported, as each client knows it; the gateway is in none, and takes signatures for any. */
const REGION = 'us-east-1';
/** The bucket is as old as time. */
const CREATED = xmlTime(0);
const MAX_CONFIGURATION_BYTES = 64 * 1024;

/** ListBuckets. */
export function listBuckets(request: OssRequest, { bucket }: OperationContext): OssAnswer {
  const isListed = bucket.startsWith(request.param('prefix') ?? '') && !request.param('continuation-token');
  return xmlAnswer(request, 'ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: { Bucket: isListed ? [{ Name: bucket, CreationDate: CREATED, BucketRegion: REGION }] : [] },
  });
}

/** HeadBucket. */
export function headBucket(): OssAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/xml', 'x-amz-bucket-region': REGION } };
}

/** GetBucketLocation: S3's first region is the one without a name. */
export function getBucketLocation(request: OssRequest): OssAnswer {
  return xmlAnswer(request, 'LocationConstraint', {});
}

/** CreateBucket: succeeds as it does for whoever owns the bucket already. */
export async function createBucket(request: OssRequest, { bucket }: OperationContext): Promise<OssAnswer> {
  const document = (await readDocument(request, MAX_CONFIGURATION_BYTES)).toString('utf8').trim();
  if (document !== '') readXml(document, 'CreateBucketConfiguration');
  return { status: 200, headers: { Location: `/${bucket}` } };
}

/** GetBucketAcl and GetObjectAcl: the owner alone may do everything. Attributes are what only this document needs. */
export function getAcl(): OssAnswer {
  const owner = `<ID>${OWNER.ID}</ID><DisplayName>${OWNER.DisplayName}</DisplayName>`;
  const type = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';
  const grant = `<Grant><Grantee ${type}>${owner}</Grantee><Permission>FULL_CONTROL</Permission></Grant>`;
  return documentAnswer(
    '<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      `<Owner>${owner}</Owner><AccessControlList>${grant}</AccessControlList></AccessControlPolicy>\n`,
  );
}

export async function getObjectAcl(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return getAcl();
}

/** GetObjectTagging: no object has tags. */
export async function getObjectTagging(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return xmlAnswer(request, 'Tagging', { TagSet: {} });
}

/** What S3 answers for a setting that a bucket does not have. */
const none = (code: string, what: string) => (): never => {
  throw new OssError(404, code, `The bucket has no ${what}.`);
};

/** By the parameter that asks for it: what is answered for a bucket on which nothing was ever set. */
export const BUCKET_SETTINGS: Record<string, (request: OssRequest) => OssAnswer> = {
  accelerate: (request) => xmlAnswer(request, 'AccelerateConfiguration', {}),
  acl: getAcl,
  cors: none('NoSuchCORSConfiguration', 'rules for web pages of other origins'),
  encryption: none('ServerSideEncryptionConfigurationNotFoundError', 'encryption on the server'),
  lifecycle: none('NoSuchLifecycleConfiguration', 'lifecycle rules'),
  location: getBucketLocation,
  logging: (request) => xmlAnswer(request, 'BucketLoggingStatus', {}),
  notification: (request) => xmlAnswer(request, 'NotificationConfiguration', {}),
  'object-lock': none('ObjectLockConfigurationNotFoundError', 'object locks'),
  ownershipControls: none('OwnershipControlsNotFoundError', 'rules for owners'),
  policy: none('NoSuchBucketPolicy', 'policy'),
  policyStatus: none('NoSuchBucketPolicy', 'policy'),
  publicAccessBlock: none('NoSuchPublicAccessBlockConfiguration', 'rules for public access'),
  replication: none('ReplicationConfigurationNotFoundError', 'replication'),
  requestPayment: (request) => xmlAnswer(request, 'RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
  tagging: none('NoSuchTagSet', 'tags'),
  versioning: (request) => xmlAnswer(request, 'VersioningConfiguration', {}),
  website: none('NoSuchWebsiteConfiguration', 'static web site'),
};

/** The same of an object. */
export const OBJECT_SETTINGS: Record<string, (request: OssRequest) => OssAnswer> = {
  'legal-hold': none('NoSuchObjectLockConfiguration', 'object locks'),
  retention: none('NoSuchObjectLockConfiguration', 'object locks'),
};
