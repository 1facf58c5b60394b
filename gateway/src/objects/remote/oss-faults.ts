import { ObjectError, type ObjectErrorCode } from '../contract.ts';

/** Errors of OSS that stay until a person does something. */
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
  InsufficientStorage: 'full',
};

interface Fault {
  code?: string;
  name?: string;
  /** The status of the response; negative if there was none, 0 if nothing was sent. */
  status?: number;
  message?: string;
}

/** Turns an error of ali-oss into an ObjectError. */
export function toObjectFault(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const fault = error as Fault;
  const { code = '', status } = fault;
  const options = { cause: error };
  if (code === 'RequestTimeTooSkewed') {
    const what = 'The clock of this machine and that of OSS are too far apart';
    return new ObjectError('unavailable', `${what}: set the one that is wrong.`, options);
  }
  // The response to a HEAD request has no room for a reason.
  if (REFUSALS.has(code) || status === 403) {
    const advice = 'check the bucket, the access keys and the clock';
    return new ObjectError('refused', `OSS refuses (${code || status}): ${advice}. ${sentenceOf(fault)}.`, options);
  }
  const known = OTHERS[code];
  if (known) return new ObjectError(known, `OSS does not take it (${code}). ${sentenceOf(fault)}.`, options);
  return new ObjectError('unavailable', `OSS cannot be used now: ${reasonOf(fault)}.`, options);
}

/** The error without the parts that differ each time, as the log reports each reason once. */
function reasonOf(fault: Fault): string {
  const { code = '', name = '', status } = fault;
  if (name === 'cancel') return 'the gateway stops';
  if (name === 'abort') return 'it does not have the parts any more that were sent, and gets them again';
  if (name.endsWith('TimeoutError')) return 'it did not answer in time';
  if (status === undefined) return code === '' ? `its answer cannot be read (${sentenceOf(fault)})` : sentenceOf(fault);
  if (status < 0) return `the connection failed (${sentenceOf(fault)})`;
  return code === '' ? `it answered ${status}` : `it answered ${status} ${code} (${sentenceOf(fault)})`;
}

/** The first line of the message, without what ali-oss and urllib add around it, and without its full stop. */
function sentenceOf({ message = '' }: Fault): string {
  return message
    .replace(/\n.*/s, '')
    .replace(/^Failed to upload some parts with error: (?:\w+: )?/, '')
    .replace(/,? part_num: \d+$/, '')
    .replace(/, (?:HEAD|GET|PUT|POST|DELETE) https?:.*/, '')
    .replace(/\.$/, '');
}
