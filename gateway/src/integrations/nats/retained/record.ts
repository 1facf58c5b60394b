import type { MessageInit } from '../../../hub/message.ts';
import type { RetainedRecord } from '../../../hub/store.ts';
import { KINDS } from '../envelope.ts';
import type { Stamp } from '../keys/rule.ts';

/** What the bucket has of a channel: what it retains, or that it retains nothing. */
export interface RetainedEntry {
  readonly stamp: Stamp;
  readonly record: LastingRecord | undefined;
}

/** A retained message; how long it is still to be retained in place of an end by this machine's clock. */
export interface LastingRecord extends Omit<RetainedRecord, 'expiresMs' | 'address'> {
  /** Infinity where only a later one ends it. */
  readonly leftMs: number;
}

/** What is in front of the body, as JSON. Fields that a later version adds are skipped. */
interface Head extends Stamp {
  readonly isRemoved?: true;
  readonly from?: string;
  readonly kind?: string;
  readonly timestampMs?: number;
  readonly id?: string | undefined;
  readonly objectKey?: string | undefined;
  readonly objectSize?: number | undefined;
  readonly account?: string | undefined;
  /** Left out: only a later one ends it. */
  readonly leftMs?: number | undefined;
  readonly kept?: readonly string[] | undefined;
  readonly stays?: true | undefined;
  /** As base64. */
  readonly extra?: string | undefined;
}

const VERSION = 1;
/** The version, and the length of the head. */
const FIRST_BYTES = 5;

/** The bytes of what a channel retains: a version, four bytes with the length of the head, the head as JSON, and the body of the message. */
export function encodeRetained({ stamp, record }: RetainedEntry): Buffer {
  const { setMs, gateway } = stamp;
  if (record === undefined) return joined({ setMs, gateway, isRemoved: true }, '');
  const { message, leftMs, account, kept, stays, extra } = record;
  const { from, kind, timestampMs, id, objectKey, objectSize, body } = message;
  const head: Head = {
    ...{ setMs, gateway, from, kind, timestampMs, id, objectKey, objectSize, account, kept, stays },
    leftMs: Number.isFinite(leftMs) ? leftMs : undefined,
    extra: extra && Buffer.from(extra).toString('base64'),
  };
  return joined(head, body);
}

/** What the bytes say of `channel`; undefined where they are nothing of that, or of a version that is not known. */
export function decodeRetained(bytes: Uint8Array, channel: string): RetainedEntry | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] !== VERSION || buffer.length < FIRST_BYTES) return undefined;
  const end = FIRST_BYTES + buffer.readUInt32BE(1);
  const head = end > buffer.length ? undefined : readHead(buffer.toString('utf8', FIRST_BYTES, end));
  if (head === undefined) return undefined;
  const { setMs, gateway, isRemoved } = head;
  if (!Number.isFinite(setMs) || typeof gateway !== 'string') return undefined;
  const stamp = { setMs, gateway };
  if (isRemoved === true) return { stamp, record: undefined };
  const record = readRecord(head, buffer.subarray(end), channel);
  return record && { stamp, record };
}

/** Whether two say the same of a channel, but for how long it is retained. */
export function isSameRetained(one: RetainedRecord | undefined, other: LastingRecord | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const [a, b] = [one.message, other.message];
  return (
    a.from === b.from &&
    a.kind === b.kind &&
    a.id === b.id &&
    a.objectKey === b.objectKey &&
    one.account === other.account &&
    one.stays === other.stays &&
    String(one.kept) === String(other.kept) &&
    bytesOf(one.extra).equals(bytesOf(other.extra)) &&
    (typeof a.body === 'string' ? a.body === b.body : bytesOf(a.body).equals(bytesOf(b.body)))
  );
}

function readRecord(head: Head, bytes: Buffer, channel: string): LastingRecord | undefined {
  const { from, kind, timestampMs, id, objectKey, objectSize, account, leftMs, kept, stays, extra } = head;
  const known = KINDS.find((each) => each === kind);
  const areTexts = [id, objectKey, account, extra].every((each) => each === undefined || typeof each === 'string');
  const areNumbers = [objectSize, leftMs].every((each) => each === undefined || Number.isFinite(each));
  const areNames = kept === undefined || (Array.isArray(kept) && kept.every((name) => typeof name === 'string'));
  if (typeof from !== 'string' || from === '' || known === undefined || !Number.isFinite(timestampMs)) return undefined;
  if (!areTexts || !areNumbers || !areNames) return undefined;
  const body = known === 'bytes' ? bytes : bytes.toString('utf8');
  const message: MessageInit = {
    from,
    to: channel,
    kind: known,
    body,
    timestampMs: timestampMs as number,
    id,
    objectKey,
    objectSize,
  };
  return {
    ...{ message, account, kept, leftMs: leftMs ?? Number.POSITIVE_INFINITY },
    stays: stays === true ? true : undefined,
    extra: extra === undefined ? undefined : new Uint8Array(Buffer.from(extra, 'base64')),
  };
}

function joined(head: Head, body: string | Uint8Array): Buffer {
  const text = JSON.stringify(head);
  const length = Buffer.byteLength(text);
  const bodyLength = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const bytes = Buffer.allocUnsafe(FIRST_BYTES + length + bodyLength);
  bytes[0] = VERSION;
  bytes.writeUInt32BE(length, 1);
  bytes.write(text, FIRST_BYTES);
  if (typeof body === 'string') bytes.write(body, FIRST_BYTES + length);
  else bytes.set(body, FIRST_BYTES + length);
  return bytes;
}

function readHead(text: string): Head | undefined {
  try {
    const head: unknown = JSON.parse(text);
    return typeof head === 'object' && head !== null ? (head as Head) : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(bytes: string | Uint8Array | undefined): Buffer {
  return bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes as Uint8Array);
}
