import type { ObjectKind } from '../../hub/message.ts';
import type { Digests } from '../content/digests.ts';
import type { KeptHeaders } from '../kept-headers.ts';

/**
 * `receiving`: incomplete, and may continue after an interruption. `accepted`: complete and on disk, on its way to the store. `stored`: in
 * the store, but the recipient has not been told yet. `failed`: it will never get there. `done`: finished; kept for a while for a sender
 * that missed the answer.
 */
export type UploadState = 'receiving' | 'accepted' | 'stored' | 'failed' | 'done';

/** What is known about an upload before its content comes. */
export interface UploadRequest {
  /** The client that sends it. */
  from: string;
  /** The account of that client: an upload belongs to it, and nobody else goes on with it; undefined for one without. */
  account?: string | undefined;
  /** The address it comes from, without a port, if it has one. */
  address?: string | undefined;
  /** The sender's name for it; recipients are shown this name. */
  name: string;
  /** A folder has no content. Its recipient is told when everything below its key is in the store. */
  kind: ObjectKind;
  /** The client or channel to tell when it is in the store; undefined if there is none. */
  to?: string | undefined;
  /** Bytes, if known. */
  size?: number | undefined;
  contentType?: string | undefined;
  headers?: KeptHeaders | undefined;
  /** Digests of the content, if known: hex, and the CRC-32 as an unsigned number. */
  md5?: string | undefined;
  sha256?: string | undefined;
  crc32?: number | undefined;
  /**
   * The sender's own name for this upload, by which it continues after an interruption and gets the answer again. Without a token, an
   * interruption ends the upload.
   */
  token?: string | undefined;
  /** It comes in parts, each of which is acknowledged: what has arrived stays until the upload is complete, or nobody continues it. */
  inParts?: boolean | undefined;
  /** The key, if it is not to be a new one of the sender's; that of a folder ends with a slash. */
  key?: string | undefined;
  /** The content is appended to the object with this key, which may be there already. */
  isAppend?: true | undefined;
  /** The object's metadata and ETag, if they are not to be derived from these fields. */
  metadata?: Readonly<Record<string, string>> | undefined;
  etag?: string | undefined;
  /** Its MD5 is to be its ETag, also where it is large; others have an ETag of their own then, as an MD5 takes longer than all other digests. */
  wantsMd5?: boolean | undefined;
}

/** An upload in the journal: one JSON file each, beside its content. */
export interface UploadRecord extends UploadRequest {
  id: string;
  state: UploadState;
  key: string;
  /** Earlier uploads have lower numbers, whatever the clock says. */
  number: number;
  /** Milliseconds since 1970. */
  beganMs: number;
  /** When its state last changed; milliseconds since 1970. */
  changedMs: number;
  /** Since when it has been in its state and idle, by `Clock.monotonicMs`; missing in records of earlier versions. */
  sinceMs?: number | undefined;
  /** Its position in the order of all objects, from `accepted` on (`NewestIndex.nextPlace`). */
  place?: number | undefined;
  /** Where an append goes: once that is recorded, it goes nowhere else, unless what is there turns out to be another's. */
  appendsAt?: number | undefined;
  /** The content that arrived; present from `accepted` on. */
  digests?: Digests | undefined;
  /** Why the last attempt, or the upload as a whole, failed. */
  reason?: string | undefined;
}

export function writeRecord(record: UploadRecord): string {
  return `${JSON.stringify(record)}\n`;
}

const STATES: readonly string[] = ['receiving', 'accepted', 'stored', 'failed', 'done'] satisfies UploadState[];

/** Reads what `writeRecord` wrote; throws if it is anything else. */
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
