import type { ScheduledRecord } from '../../../hub/store.ts';
import { areTexts, headOf, isNumber, type MessageHead, messageOf, pack, unpack } from '../keys/packed.ts';

/** What the bucket has at a key: a message that waits, or that it was sent. */
export interface ScheduledEntry {
  /** The gateway that sends it, or has sent it. */
  readonly holder: string;
  /** undefined: it was sent. */
  readonly record: WaitingRecord | undefined;
}

/** A message that waits for its time; of a delayed one, how long it still waited when it was written down. */
export interface WaitingRecord extends Pick<ScheduledRecord, 'message' | 'account' | 'dueMs' | 'retainMs' | 'keep'> {
  readonly leftMs?: number | undefined;
}

interface Head extends MessageHead {
  readonly holder: string;
  readonly isSent?: true;
  readonly to?: string;
  readonly account?: string | undefined;
  readonly dueMs?: number;
  readonly leftMs?: number | undefined;
  readonly retainMs?: number | undefined;
  readonly keep?: boolean | undefined;
}

export function encodeScheduled({ holder, record }: ScheduledEntry): Buffer {
  if (record === undefined) return pack({ holder, isSent: true });
  const { message, account, dueMs, leftMs, retainMs, keep } = record;
  const head: Head = { holder, ...headOf(message), to: message.to, account, dueMs, leftMs, retainMs, keep };
  return pack(head, message.body);
}

/** undefined where the bytes are nothing of that, or of a version that is not known. */
export function decodeScheduled(bytes: Uint8Array): ScheduledEntry | undefined {
  const unpacked = unpack(bytes);
  if (unpacked === undefined) return undefined;
  const head = unpacked.head as Head;
  const { holder, isSent, to, account, dueMs, leftMs, retainMs, keep } = head;
  if (typeof holder !== 'string' || holder === '') return undefined;
  if (isSent === true) return { holder, record: undefined };
  if (typeof to !== 'string' || to === '' || !isNumber(dueMs) || !areTexts(account)) return undefined;
  if ([leftMs, retainMs].some((each) => each !== undefined && !isNumber(each))) return undefined;
  const message = messageOf(head, unpacked.body, to);
  if (message === undefined) return undefined;
  const record: WaitingRecord = { message, account, dueMs, leftMs };
  if (retainMs !== undefined) record.retainMs = retainMs;
  if (keep === true) record.keep = true;
  return { holder, record };
}
