import { ObjectError } from '../../contract.ts';
import { toStoreError } from '../store-faults.ts';

/** What a request to an S3 store failed with. */
export class S3Fault extends Error {
  /** What the store calls it; empty if it does not say. */
  readonly code: string;
  /** The status of the answer; undefined if there is none that can be read. */
  readonly status: number | undefined;
  /** Where the bucket is, if the store says that the request named another region. */
  readonly region: string | undefined;

  constructor(message: string, { code = '', status, region, cause }: S3FaultOptions = {}) {
    super(message, { cause });
    this.name = 'S3Fault';
    this.code = code;
    this.status = status;
    this.region = region;
  }
}

export interface S3FaultOptions {
  code?: string;
  status?: number;
  region?: string | undefined;
  cause?: unknown;
}

/** What a store answers that does not have parts of an upload, or takes none of their size. */
const LOST = new Set(['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** Turns what a request failed with into an ObjectError. */
export function toS3Error(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const { code, status, region, message } = error instanceof S3Fault ? error : toS3Fault(error);
  const sentence = message.replace(/\n.*/s, '').replace(/\.$/, '');
  const reason = reasonOf(code, status, sentence);
  const advice =
    region === undefined ? undefined : `the bucket is in the region ${region}, so set objects.region to it`;
  return toStoreError({ store: 'S3', code, status, sentence, reason, advice }, error);
}

/** The same for an error of the connection. */
function toS3Fault(error: unknown): S3Fault {
  const { code, message } = error as NodeJS.ErrnoException;
  return new S3Fault(`the connection failed (${code ?? message})`, { cause: error });
}

function reasonOf(code: string, status: number | undefined, sentence: string): string {
  if (status === undefined) return sentence;
  if (LOST.has(code)) return 'it does not have the parts any more that were sent, and gets them again';
  if (code === '') return `it answered ${status}`;
  return sentence === '' ? `it answered ${status} ${code}` : `it answered ${status} ${code} (${sentence})`;
}

/** Whether there is no such object, or no such upload. */
export function isMissing(error: unknown): boolean {
  return error instanceof S3Fault && error.status === 404 && error.code !== 'NoSuchBucket';
}
