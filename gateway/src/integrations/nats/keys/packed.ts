import type { MessageInit } from '../../../hub/message.ts';
import { KINDS } from '../envelope.ts';

/**
 * How a message and what is known of it are in a bucket: a version, four bytes with the length of the head (big endian), the head as the text of a
 * JSON object, and the body of the message. Fields that a later version adds to the head are skipped.
 */

/** What of a message is in the head. */
export interface MessageHead {
  readonly from?: string;
  readonly kind?: string;
  readonly timestampMs?: number;
  readonly id?: string | undefined;
  readonly objectKey?: string | undefined;
  readonly objectSize?: number | undefined;
}

const VERSION = 1;
const FIRST_BYTES = 5;

export function pack(head: object, body: string | Uint8Array = ''): Buffer {
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

/** undefined where the bytes are nothing of that, or of a version that is not known. The body is a view. */
export function unpack(bytes: Uint8Array): { head: object; body: Buffer } | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] !== VERSION || buffer.length < FIRST_BYTES) return undefined;
  const end = FIRST_BYTES + buffer.readUInt32BE(1);
  if (end > buffer.length) return undefined;
  try {
    const head: unknown = JSON.parse(buffer.toString('utf8', FIRST_BYTES, end));
    return typeof head === 'object' && head !== null ? { head, body: buffer.subarray(end) } : undefined;
  } catch {
    return undefined;
  }
}

export function headOf({ from, kind, timestampMs, id, objectKey, objectSize }: MessageInit): MessageHead {
  return { from, kind, timestampMs, id, objectKey, objectSize };
}

/** The message of a head and its body; undefined where they are of none. */
export function messageOf(head: MessageHead, body: Buffer, to: string): MessageInit | undefined {
  const { from, kind, timestampMs, id, objectKey, objectSize } = head;
  const known = KINDS.find((each) => each === kind);
  if (typeof from !== 'string' || from === '' || known === undefined || !isNumber(timestampMs)) return undefined;
  if (!areTexts(id, objectKey) || (objectSize !== undefined && !isNumber(objectSize))) return undefined;
  const content = known === 'bytes' ? body : body.toString('utf8');
  return { from, to, kind: known, body: content, timestampMs, id, objectKey, objectSize };
}

/** True where each is a text or left out. */
export function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => value === undefined || typeof value === 'string');
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
