import type { Kind, MessageInit } from '../../hub/message.ts';

/**
 * A message on its way between gateways. Byte 0 is the version of the format, 1. Then come fields, each a byte that says which, four bytes with the
 * length of its value (big endian), and the value. What a later version adds as further fields is skipped; a change that this cannot carry
 * would be version 2.
 */
export interface Envelope {
  readonly message: MessageInit;
  /** The number that the sending gateway gave it; whole, from 0. */
  readonly number: number;
  /** The account of its sender, and the protocol by which it came. */
  readonly account?: string | undefined;
  readonly protocol?: string | undefined;
  /** The gateway that it comes from, where the subject does not say that. */
  readonly gateway?: string | undefined;
  /** Its object can be read by an address, which each gateway makes for its own clients. */
  readonly hasAddress?: boolean | undefined;
  /** Of a message that is kept: which run of which gateway numbers it, and the number up to which that one knows all to be safe. */
  readonly origin?: string | undefined;
  readonly floor?: number | undefined;
  /** Of one for a client that may be away: one of `DIRECT`. */
  readonly direct?: number | undefined;
}

/**
 * `alone`: it is for this client and nobody else. `also`: for those who listen to the name of the client, too. `served`: its client has it from the
 * gateway that sends it. `moved`: the same as `alone`, of what waited at the gateway that sends it.
 */
export const DIRECT = { alone: 1, also: 2, served: 3, moved: 4 } as const;

const VERSION = 1;
const HEAD = 5;
/** Up to here a loop is faster than `Buffer.write`. */
const SHORT = 32;
/** Each by its number, which never changes. */
export const KINDS: readonly Kind[] = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder'];

/** Which field is which; never reuse one. */
const FIELD = {
  number: 1,
  from: 2,
  to: 3,
  kind: 4,
  timestampMs: 5,
  id: 6,
  objectKey: 7,
  objectSize: 8,
  account: 9,
  protocol: 10,
  body: 11,
  gateway: 12,
  origin: 13,
  floor: 14,
  hasAddress: 15,
  direct: 16,
} as const;

/** The bytes of a message. Addresses of objects are left out, as they begin with that of a gateway; it is only said that there is one. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const { message, number, account, protocol, gateway, origin, floor, direct } = envelope;
  const { from, to, kind, body, timestampMs, id, objectKey, objectSize, objectUrl } = message;
  const texts =
    room(from) + room(to) + room(id) + room(objectKey) + room(account) + room(protocol) + room(gateway) + room(origin);
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const buffer = Buffer.allocUnsafe(1 + 7 * (HEAD + 8) + texts + HEAD + bodyBytes);
  buffer[0] = VERSION;
  let at = writeNumber(buffer, 1, FIELD.number, number);
  at = writeNumber(buffer, at, FIELD.kind, KINDS.indexOf(kind));
  at = writeNumber(buffer, at, FIELD.timestampMs, timestampMs);
  at = writeNumber(buffer, at, FIELD.objectSize, objectSize);
  at = writeNumber(buffer, at, FIELD.hasAddress, objectUrl === undefined ? undefined : 1);
  at = writeNumber(buffer, at, FIELD.direct, direct);
  at = writeText(buffer, at, FIELD.from, from);
  at = writeText(buffer, at, FIELD.to, to);
  at = writeText(buffer, at, FIELD.id, id);
  at = writeText(buffer, at, FIELD.objectKey, objectKey);
  at = writeText(buffer, at, FIELD.account, account);
  at = writeText(buffer, at, FIELD.protocol, protocol);
  at = writeText(buffer, at, FIELD.gateway, gateway);
  at = writeText(buffer, at, FIELD.origin, origin);
  if (typeof body === 'string') at = writeText(buffer, at, FIELD.body, body);
  else {
    at = writeHead(buffer, at, FIELD.body, body.length);
    buffer.set(body, at);
    at += body.length;
  }
  at = writeNumber(buffer, at, FIELD.floor, floor);
  return buffer.subarray(0, at);
}

/** Gives a message that was encoded with a floor another one. */
export function writeFloor(bytes: Buffer, floor: number): void {
  bytes.writeDoubleBE(floor, bytes.length - 8);
}

/** The message of some bytes; undefined where they are none, or of a version that is not known. The body of kind `bytes` is a part of `bytes`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes[0] !== VERSION) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [from, to, id, objectKey, account, protocol, gateway, origin]: (string | undefined)[] = [];
  let [number, kindNumber, timestampMs, objectSize, address, floor, direct]: (number | undefined)[] = [];
  let [bodyBegin, bodyEnd] = [-1, -1];
  for (let at = 1, end = 0; at < buffer.length; at = end) {
    if (at + HEAD > buffer.length) return undefined;
    const begin = at + HEAD;
    end = begin + buffer.readUInt32BE(at + 1);
    if (end > buffer.length) return undefined;
    switch (buffer[at]) {
      case FIELD.number:
        number = numberIn(buffer, begin, end);
        break;
      case FIELD.from:
        from = buffer.toString('utf8', begin, end);
        break;
      case FIELD.to:
        to = buffer.toString('utf8', begin, end);
        break;
      case FIELD.kind:
        kindNumber = numberIn(buffer, begin, end);
        break;
      case FIELD.timestampMs:
        timestampMs = numberIn(buffer, begin, end);
        break;
      case FIELD.id:
        id = buffer.toString('utf8', begin, end);
        break;
      case FIELD.objectKey:
        objectKey = buffer.toString('utf8', begin, end);
        break;
      case FIELD.objectSize:
        objectSize = numberIn(buffer, begin, end);
        break;
      case FIELD.account:
        account = buffer.toString('utf8', begin, end);
        break;
      case FIELD.protocol:
        protocol = buffer.toString('utf8', begin, end);
        break;
      case FIELD.body:
        [bodyBegin, bodyEnd] = [begin, end];
        break;
      case FIELD.gateway:
        gateway = buffer.toString('utf8', begin, end);
        break;
      case FIELD.origin:
        origin = buffer.toString('utf8', begin, end);
        break;
      case FIELD.floor:
        floor = numberIn(buffer, begin, end);
        break;
      case FIELD.hasAddress:
        address = numberIn(buffer, begin, end);
        break;
      case FIELD.direct:
        direct = numberIn(buffer, begin, end);
        break;
    }
  }
  const kind = KINDS[kindNumber ?? -1];
  if (number === undefined || !Number.isSafeInteger(number) || number < 0 || !from || !to) return undefined;
  if (kind === undefined || timestampMs === undefined || bodyBegin < 0) return undefined;
  const body = kind === 'bytes' ? buffer.subarray(bodyBegin, bodyEnd) : buffer.toString('utf8', bodyBegin, bodyEnd);
  const hasAddress = address === 1 || undefined;
  const message = { from, to, kind, timestampMs, body, id, objectKey, objectSize };
  return { message, number, account, protocol, gateway, hasAddress, origin, floor, direct };
}

/** The place of a kept message in its chain, without reading the rest; undefined where the bytes are none. */
export function readOrder(bytes: Uint8Array): { origin: string; number: number; floor: number } | undefined {
  if (bytes[0] !== VERSION) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [origin, number, floor]: [string | undefined, number | undefined, number | undefined] = [
    undefined,
    undefined,
    undefined,
  ];
  for (let at = 1; at + HEAD <= buffer.length; ) {
    const begin = at + HEAD;
    const end = begin + buffer.readUInt32BE(at + 1);
    if (end > buffer.length) return undefined;
    const field = buffer[at];
    if (field === FIELD.number && end - begin === 8) number = buffer.readDoubleBE(begin);
    else if (field === FIELD.floor && end - begin === 8) floor = buffer.readDoubleBE(begin);
    else if (field === FIELD.origin) origin = buffer.toString('utf8', begin, end);
    at = end;
  }
  return origin === undefined || number === undefined ? undefined : { origin, number, floor: floor ?? number };
}

/** The most bytes that a field with a text may take. */
function room(text: string | undefined): number {
  return text === undefined ? 0 : HEAD + 3 * text.length;
}

function numberIn(buffer: Buffer, begin: number, end: number): number | undefined {
  return end - begin === 8 ? buffer.readDoubleBE(begin) : undefined;
}

function writeHead(buffer: Buffer, at: number, field: number, length: number): number {
  buffer[at] = field;
  return buffer.writeUInt32BE(length, at + 1);
}

function writeNumber(buffer: Buffer, at: number, field: number, value: number | undefined): number {
  return value === undefined ? at : buffer.writeDoubleBE(value, writeHead(buffer, at, field, 8));
}

function writeText(buffer: Buffer, at: number, field: number, text: string | undefined): number {
  if (text === undefined) return at;
  const begin = at + HEAD;
  let length = text.length <= SHORT ? writeAscii(buffer, begin, text) : -1;
  if (length < 0) length = buffer.write(text, begin);
  writeHead(buffer, at, field, length);
  return begin + length;
}

/** Writes a text of ASCII, and returns its length; of another -1. */
function writeAscii(buffer: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return -1;
    buffer[at + index] = code;
  }
  return text.length;
}
