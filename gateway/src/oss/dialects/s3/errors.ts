import { ObjectError } from '../../../objects/contract.ts';
import { OssError, toOssError } from '../../oss-error.ts';

/** What S3 calls by another name, or by another status; all others are the same. */
const CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  FileAlreadyExists: [412, 'PreconditionFailed'],
  InvalidObjectName: [400, 'InvalidArgument'],
  // Only of the conditions of a copy; those of reading are no error.
  NotModified: [412, 'PreconditionFailed'],
  QpsLimitExceeded: [503, 'SlowDown'],
};

/** An error in S3's codes, from whatever was thrown. */
export function toS3Error(thrown: unknown): OssError {
  if (thrown instanceof ObjectError && thrown.code === 'wrong_digest') {
    return new OssError(400, 'BadDigest', thrown.message);
  }
  const error = toOssError(thrown);
  const known = Object.hasOwn(CODES, error.code) ? CODES[error.code] : undefined;
  if (known === undefined) return error;
  return new OssError(known[0], known[1], error.message, error.details, error.headers);
}
