import type { ByteRange } from '../../../common/ranges.ts';
import type { ListOptions, ObjectInfo, ObjectPage } from '../../../objects/contract.ts';
import type { ReadFor } from '../../../objects/elsewhere.ts';
import { infoIn } from './object-info.ts';

/**
 * What one gateway asks another of its objects, and the answers. Both are a byte with the version, 1, four bytes with the length of a JSON object
 * (big endian), that object, and the content, if there is any. Members that a later version adds are skipped.
 */
export type Question =
  | { do: 'head'; key: string; who: ReadFor }
  | { do: 'list'; options: ListOptions; who: ReadFor }
  /** Begins to read; the answer has the first block. `etag`: only where it is still this one. */
  | { do: 'open'; key: string; who: ReadFor; range?: ByteRange | undefined; etag?: string | undefined; block: number }
  /** The next block, which begins at this offset in what is read. */
  | { do: 'next'; transfer: number; at: number }
  | { do: 'close'; transfer: number };

/** Why a gateway does not give what it is asked for. */
export type FaultName =
  /** Its rules do not let this reader have it, or it is not shared. */
  | 'not_allowed'
  /** It is another version by now. */
  | 'changed'
  /** The transfer is not known any more, or is elsewhere. */
  | 'lost'
  /** Too many are reading. */
  | 'busy'
  /** It cannot be read; the message says why. */
  | 'unreadable';

export interface Answer {
  /** Of `head` and `open`; neither this nor a fault: there is no such object. */
  readonly info?: ObjectInfo | undefined;
  readonly page?: ObjectPage | undefined;
  /** What to ask `next` of; undefined where the content is all there is. */
  readonly transfer?: number | undefined;
  readonly fault?: { readonly name: FaultName; readonly message: string } | undefined;
  readonly content: Uint8Array;
}

const VERSION = 1;
const HEAD = 5;
const FAULTS: readonly string[] = ['not_allowed', 'changed', 'lost', 'busy', 'unreadable'] satisfies FaultName[];
export const NO_CONTENT = new Uint8Array();
/** There is no such object. */
export const NONE: Answer = { content: NO_CONTENT };

export function encodeQuestion(question: Question): Uint8Array {
  return encode(question);
}

/** undefined where the bytes are no question that this version knows. */
export function decodeQuestion(bytes: Uint8Array): Question | undefined {
  const { said } = decode(bytes) ?? {};
  if (said === undefined) return undefined;
  const { do: what, key, range, etag, block, transfer, at, options } = said;
  if ((what === 'next' || what === 'close') && isCount(transfer)) {
    if (what === 'close') return { do: what, transfer };
    return isCount(at) ? { do: what, transfer, at } : undefined;
  }
  const who = whoIn(said.who);
  if (what === 'list') {
    const list = optionsIn(options);
    return list && { do: what, options: list, who };
  }
  if (typeof key !== 'string' || key === '') return undefined;
  if (what === 'head') return { do: what, key, who };
  if (what !== 'open' || !isCount(block) || block === 0) return undefined;
  return { do: what, key, who, range: rangeIn(range), etag: typeof etag === 'string' ? etag : undefined, block };
}

/** An answer without content; `encodeBlock` is for one with. */
export function encodeAnswer({ info, page, transfer, fault }: Omit<Answer, 'content'>): Uint8Array {
  return encode({ info, page, transfer, fault });
}

/** Room for an answer with up to `bytes` of content, which is written behind `begin`. */
export function encodeBlock(answer: Omit<Answer, 'content'>, bytes: number): { buffer: Buffer; begin: number } {
  const head = encode(answer, bytes);
  return { buffer: head, begin: head.length - bytes };
}

/** undefined where the bytes are no answer. The content is a part of them. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  const { said, content } = decode(bytes) ?? {};
  if (said === undefined || content === undefined) return undefined;
  const { info, page, transfer, fault } = said;
  return {
    ...{ info: infoIn(info), page: pageIn(page), content },
    transfer: isCount(transfer) ? transfer : undefined,
    fault: faultIn(fault),
  };
}

function encode(said: object, room = 0): Buffer {
  const text = JSON.stringify(said);
  const length = Buffer.byteLength(text);
  const buffer = Buffer.allocUnsafe(HEAD + length + room);
  buffer[0] = VERSION;
  buffer.writeUInt32BE(length, 1);
  buffer.write(text, HEAD);
  return buffer;
}

function decode(bytes: Uint8Array): { said: Record<string, unknown>; content: Uint8Array } | undefined {
  if (bytes[0] !== VERSION || bytes.length < HEAD) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEAD + buffer.readUInt32BE(1);
  if (end > buffer.length) return undefined;
  try {
    const said: unknown = JSON.parse(buffer.toString('utf8', HEAD, end));
    const isObject = typeof said === 'object' && said !== null && !Array.isArray(said);
    return isObject ? { said: said as Record<string, unknown>, content: bytes.subarray(end) } : undefined;
  } catch {
    return undefined;
  }
}

function whoIn(value: unknown): ReadFor {
  const { account, isLocal, isTrusted } = (value ?? {}) as Record<string, unknown>;
  return {
    account: typeof account === 'string' ? account : undefined,
    isLocal: isLocal === true,
    isTrusted: isTrusted === true,
  };
}

function rangeIn(value: unknown): ByteRange | undefined {
  const { start, end } = (value ?? {}) as Record<string, unknown>;
  return isCount(start) && isCount(end) && start <= end ? { start, end } : undefined;
}

function optionsIn(value: unknown): ListOptions | undefined {
  const { prefix, delimiter, after, limit } = (value ?? {}) as Record<string, unknown>;
  if (typeof prefix !== 'string' || !isCount(limit) || limit === 0) return undefined;
  return {
    ...{ prefix, limit },
    ...(typeof delimiter === 'string' && { delimiter }),
    ...(typeof after === 'string' && { after }),
  };
}

function pageIn(value: unknown): ObjectPage | undefined {
  const { objects, prefixes, next } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(objects) || !Array.isArray(prefixes)) return undefined;
  return {
    objects: objects.map(infoIn).filter((info) => info !== undefined),
    prefixes: prefixes.filter((prefix) => typeof prefix === 'string'),
    ...(typeof next === 'string' && { next }),
  };
}

function faultIn(value: unknown): Answer['fault'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, message } = value as Record<string, unknown>;
  // What a later version calls otherwise cannot be read either.
  const known = FAULTS.includes(name as string) ? (name as FaultName) : 'unreadable';
  return { name: known, message: typeof message === 'string' ? message.slice(0, 500) : '' };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
