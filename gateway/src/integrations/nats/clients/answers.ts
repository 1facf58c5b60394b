import type { Receipt, Refusal } from '../../../hub/receipt.ts';

/** What became of a message at another gateway. */
export interface ForwardedReceipt extends Pick<Receipt, 'delivered' | 'refused' | 'reason'> {
  /** The gateway that has the client now, where that is a third one. */
  readonly at?: string | undefined;
}

/** What a gateway answers to another: to a message, what became of it; to a question, whether a client gives its id up. */
export interface Answer {
  readonly receipt?: ForwardedReceipt | undefined;
  readonly isFree?: boolean | undefined;
}

/** Of the format. */
export const VERSION = 1;
/** By which a later version's reasons are told from those that are known. */
const REASONS: ReadonlySet<unknown> = new Set<Refusal>([
  ...([
    'no_recipient',
    'not_allowed',
    'too_large',
    'queue_full',
    'closed',
    'store_full',
    'bad_name',
    'timeout',
  ] as const),
]);
/** The answer to most messages. */
const DELIVERED = Buffer.from(JSON.stringify({ v: VERSION, receipt: { delivered: 1, refused: 0 } }));

export function encodeAnswer({ receipt, isFree }: Answer): Uint8Array {
  if (receipt?.delivered === 1 && receipt.refused === 0 && receipt.reason === undefined) return DELIVERED;
  const { delivered, refused, reason, at } = receipt ?? {};
  const said = receipt && { delivered, refused, reason, at };
  return Buffer.from(JSON.stringify({ v: VERSION, receipt: said, isFree }));
}

/** undefined where the bytes are no answer, or of a version that is not known. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  const read = objectIn(bytes);
  if (read === undefined) return undefined;
  const { receipt, isFree } = read as Answer;
  if (typeof isFree === 'boolean') return { isFree };
  if (typeof receipt !== 'object' || receipt === null) return undefined;
  const { delivered, refused, reason, at } = receipt;
  if (!isCount(delivered) || !isCount(refused)) return undefined;
  const known = reason === undefined || REASONS.has(reason) ? reason : 'no_recipient';
  return { receipt: { delivered, refused, reason: known, at: typeof at === 'string' && at !== '' ? at : undefined } };
}

/** Asks about a client. */
export function encodeQuestion(id: string): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, id }));
}

/** The client that is asked about; undefined where the bytes are no question. */
export function decodeQuestion(bytes: Uint8Array): string | undefined {
  const { id } = (objectIn(bytes) ?? {}) as { id?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The object that the bytes are; undefined where they are none, or of a version that is not known. */
export function objectIn(bytes: Uint8Array): object | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    return typeof read === 'object' && read !== null && (read as { v?: unknown }).v === VERSION ? read : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
