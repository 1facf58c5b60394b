import { ObjectError, type ObjectErrorCode } from '../contract.ts';

/** Errors that stay until a person does something. */
const REFUSALS = new Set([
  ...['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidBucketName', 'NoSuchBucket'],
  ...['UserDisable', 'AccountProblem', 'AllAccessDisabled', 'NotSignedUp', 'ExpiredToken', 'InvalidToken'],
  ...['AuthorizationHeaderMalformed', 'PermanentRedirect', 'XAdminUserNotFound'],
]);

const OTHERS: Record<string, ObjectErrorCode> = {
  InvalidObjectName: 'bad_key',
  KeyTooLongError: 'bad_key',
  XMinioInvalidObjectName: 'bad_key',
  EntityTooLarge: 'too_large',
  QuotaExceeded: 'full',
  InsufficientStorage: 'full',
  XMinioStorageFull: 'full',
};

/** What went wrong between the gateway and a store. */
export interface StoreFault {
  /** `OSS` or `S3`. */
  store: string;
  /** What the store calls it; empty if it does not say. */
  code: string;
  /** Of the answer; undefined if there is none. */
  status?: number | undefined;
  /** What the store says, without a full stop. */
  sentence: string;
  /** What happened, in one clause that is the same each time, as the log reports each reason once. */
  reason: string;
  /** What to do where the store refuses, if that is known. */
  advice?: string | undefined;
}

/** The same as an ObjectError, for a person. */
export function toStoreError(
  { store, code, status, sentence, reason, advice }: StoreFault,
  cause: unknown,
): ObjectError {
  const options = { cause };
  if (code === 'RequestTimeTooSkewed') {
    const what = `The clock of this machine and that of ${store} are too far apart`;
    return new ObjectError('unavailable', `${what}: set the one that is wrong.`, options);
  }
  // The response to a HEAD request has no room for a reason.
  if (REFUSALS.has(code) || status === 403) {
    const what = advice ?? 'check the bucket, the access keys and the clock';
    const said = sentence === '' ? '' : ` ${sentence}.`;
    return new ObjectError('refused', `${store} refuses (${code || status}): ${what}.${said}`, options);
  }
  const known = OTHERS[code];
  if (known) return new ObjectError(known, `${store} does not take it (${code}). ${sentence}.`, options);
  return new ObjectError('unavailable', `${store} cannot be used now: ${reason}.`, options);
}
