import { ObjectError, type ObjectErrorCode } from '../contract.ts';

/** What OSS says that no second attempt changes, until a person does. */
const REFUSALS = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidBucketName',
  'NoSuchBucket',
  'UserDisable',
]);

const OTHERS: Record<string, ObjectErrorCode> = {
  InvalidObjectName: 'bad_key',
  EntityTooLarge: 'too_large',
  QuotaExceeded: 'full',
};

/** An error of ali-oss as one of the object store's. */
export function toObjectFault(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const { code = '', status, message = String(error) } = error as { code?: string; status?: number; message?: string };
  const [reason = ''] = message.split('\n', 1);
  // The answer to a HEAD has no room for a reason.
  if (REFUSALS.has(code) || (status === 403 && code !== 'RequestTimeTooSkewed')) {
    const advice = 'check the bucket, the access keys and the clock';
    return new ObjectError('refused', `OSS refuses (${code || status}): ${advice}. ${reason}`, {
      cause: error,
    });
  }
  const known = OTHERS[code];
  if (known) return new ObjectError(known, `OSS does not take it (${code}). ${reason}`, { cause: error });
  if (code === 'RequestTimeTooSkewed') {
    return new ObjectError('unavailable', 'The clock of this machine is wrong by more than OSS allows: set it.', {
      cause: error,
    });
  }
  return new ObjectError('unavailable', `OSS cannot be used now: ${reason || code}.`, { cause: error });
}
