import type { RetainedRecord } from '../../../hub/store.ts';
import { areTexts, headOf, isNumber, type MessageHead, messageOf, pack, unpack } from '../keys/packed.ts';
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
  /** Of a message of an object: clients are told where it can be read. Which address that is, each gateway knows itself. */
  readonly hasAddress?: true | undefined;
}

/** What is in front of the body. */
interface Head extends Stamp, MessageHead {
  readonly isRemoved?: true;
  readonly account?: string | undefined;
  /** Left out: only a later one ends it. */
  readonly leftMs?: number | undefined;
  readonly kept?: readonly string[] | undefined;
  readonly stays?: true | undefined;
  readonly hasAddress?: true | undefined;
  /** As base64. */
  readonly extra?: string | undefined;
}

/** The bytes of what a channel retains. */
export function encodeRetained({ stamp, record }: RetainedEntry): Buffer {
  const { setMs, gateway } = stamp;
  if (record === undefined) return pack({ setMs, gateway, isRemoved: true });
  const { message, leftMs, account, kept, stays, extra } = record;
  const head: Head = {
    ...{ setMs, gateway, ...headOf(message), account, kept, stays },
    hasAddress: message.objectUrl === undefined ? undefined : true,
    leftMs: Number.isFinite(leftMs) ? leftMs : undefined,
    extra: extra && Buffer.from(extra).toString('base64'),
  };
  return pack(head, message.body);
}

/** What the bytes say of `channel`; undefined where they are nothing of that, or of a version that is not known. */
export function decodeRetained(bytes: Uint8Array, channel: string): RetainedEntry | undefined {
  const unpacked = unpack(bytes);
  if (unpacked === undefined) return undefined;
  const head = unpacked.head as Head;
  const { setMs, gateway, isRemoved } = head;
  if (!isNumber(setMs) || typeof gateway !== 'string') return undefined;
  const stamp = { setMs, gateway };
  if (isRemoved === true) return { stamp, record: undefined };
  const record = readRecord(head, unpacked.body, channel);
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

function readRecord(head: Head, body: Buffer, channel: string): LastingRecord | undefined {
  const { account, leftMs, kept, stays, hasAddress, extra } = head;
  const areNames = kept === undefined || (Array.isArray(kept) && kept.every((name) => typeof name === 'string'));
  const message = messageOf(head, body, channel);
  if (message === undefined || !areNames || !areTexts(account, extra)) return undefined;
  if (leftMs !== undefined && !isNumber(leftMs)) return undefined;
  return {
    ...{ message, account, kept, leftMs: leftMs ?? Number.POSITIVE_INFINITY },
    stays: stays === true ? true : undefined,
    hasAddress: hasAddress === true ? true : undefined,
    extra: extra === undefined ? undefined : new Uint8Array(Buffer.from(extra, 'base64')),
  };
}

function bytesOf(bytes: string | Uint8Array | undefined): Buffer {
  return bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes as Uint8Array);
}
