import type { ObjectKind } from '../../hub/message.ts';
import type { Digests } from '../content/digests.ts';
import type { KeptHeaders } from '../kept-headers.ts';

/**
 * `receiving`: it is not complete, and may go on after a break. `accepted`: it is complete and on disk, and on its way to
 * the store. `stored`: it is there, and its recipient has not heard of it yet. `failed`: it can never get there. `done`:
 * all is over; kept for a while, for whoever did not hear the answer.
 */
export type UploadState = 'receiving' | 'accepted' | 'stored' | 'failed' | 'done';

/** What is told of an upload before its content comes. */
export interface UploadRequest {
  /** The client that sends it. */
  from: string;
  /** The address it comes from, without a port, where it has one. */
  address?: string | undefined;
  /** What the sender calls it; recipients are shown this. */
  name: string;
  /** A folder has no content. It is told of when all that is below its key is in the store. */
  kind: ObjectKind;
  /** A client or channel that is told of it when it is in the store; nobody where there is none. */
  to?: string | undefined;
  /** Bytes, where they are known. */
  size?: number | undefined;
  contentType?: string | undefined;
  headers?: KeptHeaders | undefined;
  /** Digests of the content, where they are known: hex, and the CRC-32 as an unsigned number. */
  md5?: string | undefined;
  sha256?: string | undefined;
  crc32?: number | undefined;
  /**
   * The sender's own name for this upload. By it the sender goes on after a break, and is told the answer again. Without
   * one, a break is the end of the upload.
   */
  token?: string | undefined;
  /** It comes in parts, each of which is acknowledged: what came stays until it is complete, or nobody goes on with it. */
  inParts?: boolean | undefined;
  /** The key, where it is not to be a new one of the sender's; that of a folder ends with a slash. */
  key?: string | undefined;
  /** The object's metadata and ETag, where they are not to be made of what is said here. */
  metadata?: Readonly<Record<string, string>> | undefined;
  etag?: string | undefined;
}

/** An upload as the journal has it: one JSON file each, beside its content. */
export interface UploadRecord extends UploadRequest {
  id: string;
  state: UploadState;
  key: string;
  /** Earlier ones have lower numbers, whatever the clock says. */
  number: number;
  /** Milliseconds since 1970. */
  beganMs: number;
  /** When its state changed; milliseconds since 1970. */
  changedMs: number;
  /** Since when it has its state and nobody has gone on with it, by `Clock.monotonicMs`; earlier versions did not write it. */
  sinceMs?: number | undefined;
  /** Where it stands among all objects, from `accepted` on (`NewestIndex.nextPlace`). */
  place?: number | undefined;
  /** What came; present from `accepted` on. */
  digests?: Digests | undefined;
  /** Why the last attempt, or all of it, failed. */
  reason?: string | undefined;
}

export function writeRecord(record: UploadRecord): string {
  return `${JSON.stringify(record)}\n`;
}

const STATES: readonly string[] = ['receiving', 'accepted', 'stored', 'failed', 'done'] satisfies UploadState[];

/** Reads what `writeRecord` wrote; throws where it is anything else. */
export function readRecord(text: string): UploadRecord {
  const record = JSON.parse(text) as Partial<UploadRecord>;
  const { id, state = '', key, from, name, kind = '', number, beganMs, changedMs, digests } = record;
  const texts = [id, key, from, name];
  const numbers = [number, beganMs, changedMs];
  const isSound =
    texts.every((each) => typeof each === 'string') &&
    numbers.every((each) => typeof each === 'number') &&
    STATES.includes(state) &&
    ['file', 'image', 'folder'].includes(kind) &&
    (typeof digests === 'object' || state === 'receiving' || state === 'failed');
  if (!isSound) throw new TypeError('this is no record of an upload');
  return record as UploadRecord;
}
