import type { OscArgument } from './argument.ts';
import { IMMEDIATELY } from './time-tag.ts';

/** One message of a packet. */
export interface OscMessage {
  /** The address pattern; it begins with `/`. */
  address: string;
  args: readonly OscArgument[];
  /** When it is meant to take effect, as it is written; `IMMEDIATELY` where the packet is no bundle. */
  timeTag: bigint;
  /** The message alone, as a part of the packet. */
  bytes: Uint8Array;
}

/** Why bytes are no packet of OSC; the text is a part of a sentence. */
export class OscError extends Error {}

/** Bundles in bundles, and arrays in arrays: as deep as anyone needs, and no stack overflows. */
const MAX_DEPTH = 16;
/** How many messages one packet may have: each is carried out before anything else is looked at. */
const MAX_MESSAGES = 10_000;

const SLASH = 47;
const COMMA = 44;
const BUNDLE = '#bundle';
const BUNDLE_HEAD_BYTES = 16;
const SIZE_BYTES = 4;

/**
 * Reads a packet of OSC 1.0: a message, or a bundle with all that is in it, in order. A message of a bundle in a bundle has the
 * later of both time tags. Throws OscError.
 */
export function decodePacket(packet: Uint8Array): OscMessage[] {
  const messages: OscMessage[] = [];
  const { buffer, byteOffset, byteLength } = packet;
  const bytes = Buffer.isBuffer(packet) ? packet : Buffer.from(buffer, byteOffset, byteLength);
  readElement(bytes, IMMEDIATELY, 0, messages);
  return messages;
}

function readElement(bytes: Buffer, outerTag: bigint, depth: number, into: OscMessage[]): void {
  if (bytes.length === 0) throw new OscError('it is empty');
  if (bytes.length % 4 !== 0) throw new OscError(`its length, ${bytes.length} bytes, is no multiple of four`);
  if (bytes[0] === SLASH) {
    if (into.length === MAX_MESSAGES) throw new OscError(`it has more than ${MAX_MESSAGES} messages`);
    into.push(readMessage(bytes, outerTag));
    return;
  }
  if (
    bytes.length < BUNDLE_HEAD_BYTES ||
    bytes.toString('latin1', 0, BUNDLE.length) !== BUNDLE ||
    bytes[BUNDLE.length] !== 0
  ) {
    throw new OscError('it begins neither with the / of an address nor with #bundle');
  }
  if (depth === MAX_DEPTH) throw new OscError(`its bundles are nested deeper than ${MAX_DEPTH} levels`);
  const ownTag = bytes.readBigUInt64BE(BUNDLE.length + 1);
  const timeTag = ownTag > outerTag ? ownTag : outerTag;
  let at = BUNDLE_HEAD_BYTES;
  while (at < bytes.length) {
    const size = bytes.readUInt32BE(at);
    at += SIZE_BYTES;
    if (size > bytes.length - at) throw new OscError('an element of its bundle is longer than what is left of it');
    readElement(bytes.subarray(at, at + size), timeTag, depth + 1, into);
    at += size;
  }
}

function readMessage(bytes: Buffer, timeTag: bigint): OscMessage {
  const reader = new Reader(bytes);
  const address = reader.text();
  if (address.includes(REPLACEMENT) && !isUtf8(bytes.subarray(0, reader.textEnd))) {
    throw new OscError('its address is not UTF-8');
  }
  // Old programs leave the type tags out, which is clear where there are no arguments either.
  if (reader.isAtEnd) return { address, args: [], timeTag, bytes };
  if (bytes[reader.at] !== COMMA) throw new OscError('it has no type tags, which begin with a comma');
  const tags = reader.text();
  const args = new Arguments(tags, reader).read();
  if (!reader.isAtEnd) throw new OscError('it has more bytes than its type tags tell of');
  return { address, args, timeTag, bytes };
}

const REPLACEMENT = '\ufffd';
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Reads what follows one another in a message whose length is a multiple of four. */
class Reader {
  readonly #bytes: Buffer;
  at = 0;
  /** Where the text that was read last ends, its padding left out. */
  textEnd = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  /** A text that ends with a NUL and is filled up to a multiple of four. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.at);
    if (end < 0) throw new OscError('a string of it has no end');
    const text = this.#bytes.toString('utf8', this.at, end);
    this.textEnd = end;
    this.at = padded(end + 1);
    return text;
  }

  /** Goes on by `length` bytes, filled up to a multiple of four. Returns where they begin. */
  skip(length: number): number {
    const from = this.at;
    if (length > this.#bytes.length - from) throw new OscError('it ends within its arguments');
    this.at = from + padded(length);
    return from;
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.skip(4));
  }
  uint32(): number {
    return this.#bytes.readUInt32BE(this.skip(4));
  }
  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.skip(8));
  }
  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.skip(8));
  }
  float32(): number {
    return this.#bytes.readFloatBE(this.skip(4));
  }
  float64(): number {
    return this.#bytes.readDoubleBE(this.skip(8));
  }
  bytes(length: number): Uint8Array {
    const from = this.skip(length);
    return this.#bytes.subarray(from, from + length);
  }
}

/** The arguments that type tags tell of. */
class Arguments {
  readonly #tags: string;
  readonly #reader: Reader;
  /** Behind the comma. */
  #at = 1;

  constructor(tags: string, reader: Reader) {
    this.#tags = tags;
    this.#reader = reader;
  }

  /** All up to the end, or in an array up to its bracket. */
  read(depth = 0): OscArgument[] {
    const args: OscArgument[] = [];
    while (this.#at < this.#tags.length) {
      const tag = this.#tags.charAt(this.#at++);
      if (tag === ']' && depth > 0) return args;
      if (tag === '[') {
        if (depth === MAX_DEPTH) throw new OscError(`its arrays are nested deeper than ${MAX_DEPTH} levels`);
        args.push({ type: '[', values: this.read(depth + 1) });
      } else args.push(readArgument(tag, this.#reader));
    }
    if (depth > 0) throw new OscError('an array of its type tags has no end');
    return args;
  }
}

function readArgument(tag: string, reader: Reader): OscArgument {
  switch (tag) {
    case 'i':
      return { type: tag, value: reader.int32() };
    case 'f':
      return { type: tag, value: reader.float32() };
    case 's':
    case 'S':
      return { type: tag, value: reader.text() };
    case 'b': {
      const length = reader.uint32();
      return { type: tag, value: reader.bytes(length) };
    }
    case 'h':
      return { type: tag, value: reader.int64() };
    case 'd':
      return { type: tag, value: reader.float64() };
    case 't':
      return { type: tag, value: reader.uint64() };
    case 'c':
      return { type: tag, value: characterOf(reader.uint32()) };
    case 'r':
      return { type: tag, value: reader.uint32() };
    case 'm':
      return { type: tag, value: reader.bytes(4) };
    case 'T':
    case 'F':
    case 'N':
    case 'I':
      return { type: tag };
    default:
      throw new OscError(`it has an argument of type ${JSON.stringify(tag)}, which is none of ifsSbhdtcrmTFNI[]`);
  }
}

const MAX_CODE_POINT = 0x10ffff;

/** A character is 32 bits wide; what is none becomes the sign for that. */
function characterOf(code: number): string {
  return code > MAX_CODE_POINT ? REPLACEMENT : String.fromCodePoint(code);
}

/** Everything is filled up to a multiple of four bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
