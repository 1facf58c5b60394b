import type { OssAnswer } from '../answer.ts';
import { xmlAnswer } from '../answer.ts';
import { OssError } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import type { OperationContext } from './context.ts';
import { headObject } from './get-object.ts';

/** What OSS answers for a setting that a bucket does not have. */
const none = (code: string, what: string) => (): never => {
  throw new OssError(404, code, `The bucket has no ${what}.`);
};

/** By the parameter that asks for it: what is answered for a bucket on which nothing was ever set. */
export const BUCKET_SETTINGS: Record<string, () => OssAnswer> = {
  versioning: () => xmlAnswer('VersioningConfiguration', {}),
  tagging: () => xmlAnswer('Tagging', { TagSet: {} }),
  logging: () => xmlAnswer('BucketLoggingStatus', {}),
  requestPayment: () => xmlAnswer('RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
  cors: none('NoSuchCORSConfiguration', 'rules for web pages of other origins'),
  encryption: none('NoSuchServerSideEncryptionRule', 'encryption on the server'),
  lifecycle: none('NoSuchLifecycle', 'lifecycle rules'),
  policy: none('NoSuchBucketPolicy', 'policy'),
  website: none('NoSuchWebsiteConfiguration', 'static web site'),
};

/** GetObjectTagging: no object has tags. */
export async function getObjectTagging(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return xmlAnswer('Tagging', { TagSet: {} });
}
