import type { OssAnswer } from '../../answer.ts';
import type { OperationContext } from '../../operations/context.ts';
import { headObject } from '../../operations/get-object.ts';
import { xmlAnswer } from '../../operations/xml-answer.ts';
import { OssError } from '../../oss-error.ts';
import type { OssRequest } from '../../request.ts';

/** What OSS answers for a setting that a bucket does not have. */
const none = (code: string, what: string) => (): never => {
  throw new OssError(404, code, `The bucket has no ${what}.`);
};

/** By the parameter that asks for it: what is answered for a bucket on which nothing was ever set. */
export const BUCKET_SETTINGS: Record<string, (request: OssRequest) => OssAnswer> = {
  versioning: (request) => xmlAnswer(request, 'VersioningConfiguration', {}),
  tagging: (request) => xmlAnswer(request, 'Tagging', { TagSet: {} }),
  logging: (request) => xmlAnswer(request, 'BucketLoggingStatus', {}),
  requestPayment: (request) => xmlAnswer(request, 'RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
  cors: none('NoSuchCORSConfiguration', 'rules for web pages of other origins'),
  encryption: none('NoSuchServerSideEncryptionRule', 'encryption on the server'),
  lifecycle: none('NoSuchLifecycle', 'lifecycle rules'),
  policy: none('NoSuchBucketPolicy', 'policy'),
  website: none('NoSuchWebsiteConfiguration', 'static web site'),
};

/** GetObjectTagging: no object has tags. */
export async function getObjectTagging(request: OssRequest, context: OperationContext): Promise<OssAnswer> {
  await headObject(request, context);
  return xmlAnswer(request, 'Tagging', { TagSet: {} });
}
