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
  const texts = [
    FIELD.from,
    from,
    FIELD.to,
    to,
    FIELD.id,
    id,
    FIELD.objectKey,
    objectKey,
    FIELD.account,
    account,
    FIELD.protocol,
    protocol,
    FIELD.gateway,
    gateway,
    FIELD.origin,
    origin,
  ];
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  let room = 1 + 7 * (HEAD + 8) + HEAD + bodyBytes;
  for (let index = 1; index < texts.length; index += 2) {
    const text = texts[index] as string | undefined;
    if (text !== undefined) room += HEAD + Buffer.byteLength(text);
  }
  const buffer = Buffer.allocUnsafe(room);
  buffer[0] = VERSION;
  let at = writeNumber(buffer, 1, FIELD.number, number);
  at = writeNumber(buffer, at, FIELD.kind, KINDS.indexOf(kind));
  at = writeNumber(buffer, at, FIELD.timestampMs, timestampMs);
  if (objectSize !== undefined) at = writeNumber(buffer, at, FIELD.objectSize, objectSize);
  if (objectUrl !== undefined) at = writeNumber(buffer, at, FIELD.hasAddress, 1);
  if (direct !== undefined) at = writeNumber(buffer, at, FIELD.direct, direct);
  for (let index = 0; index < texts.length; index += 2) {
    const text = texts[index + 1] as string | undefined;
    if (text !== undefined) at = writeText(buffer, at, texts[index] as number, text);
  }
  if (typeof body === 'string') at = writeText(buffer, at, FIELD.body, body);
  else {
    at = writeHead(buffer, at, FIELD.body, body.length);
    buffer.set(body, at);
    at += body.length;
  }
  if (floor !== undefined) at = writeNumber(buffer, at, FIELD.floor, floor);
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
  const found: Partial<Record<number, Buffer>> = {};
  let at = 1;
  while (at < buffer.length) {
    if (at + HEAD > buffer.length) return undefined;
    const begin = at + HEAD;
    const end = begin + buffer.readUInt32BE(at + 1);
    if (end > buffer.length) return undefined;
    found[buffer[at] as number] = buffer.subarray(begin, end);
    at = end;
  }
  const [number, kindNumber, timestampMs] = [FIELD.number, FIELD.kind, FIELD.timestampMs].map((field) =>
    numberIn(found[field]),
  );
  const from = textIn(found[FIELD.from]);
  const to = textIn(found[FIELD.to]);
  const kind = KINDS[kindNumber ?? -1];
  const body = found[FIELD.body];
  if (number === undefined || !Number.isSafeInteger(number) || number < 0 || !from || !to) return undefined;
  if (kind === undefined || timestampMs === undefined || body === undefined) return undefined;
  return {
    message: {
      ...{ from, to, kind, timestampMs },
      body: kind === 'bytes' ? body : body.toString('utf8'),
      id: textIn(found[FIELD.id]),
      objectKey: textIn(found[FIELD.objectKey]),
      objectSize: numberIn(found[FIELD.objectSize]),
    },
    number,
    account: textIn(found[FIELD.account]),
    protocol: textIn(found[FIELD.protocol]),
    gateway: textIn(found[FIELD.gateway]),
    hasAddress: numberIn(found[FIELD.hasAddress]) === 1 || undefined,
    origin: textIn(found[FIELD.origin]),
    floor: numberIn(found[FIELD.floor]),
    direct: numberIn(found[FIELD.direct]),
  };
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

function textIn(value: Buffer | undefined): string | undefined {
  return value?.toString('utf8');
}

function numberIn(value: Buffer | undefined): number | undefined {
  return value?.length === 8 ? value.readDoubleBE(0) : undefined;
}

function writeHead(buffer: Buffer, at: number, field: number, length: number): number {
  buffer[at] = field;
  return buffer.writeUInt32BE(length, at + 1);
}

function writeNumber(buffer: Buffer, at: number, field: number, value: number): number {
  return buffer.writeDoubleBE(value, writeHead(buffer, at, field, 8));
}

function writeText(buffer: Buffer, at: number, field: number, text: string): number {
  const length = buffer.write(text, at + HEAD);
  writeHead(buffer, at, field, length);
  return at + HEAD + length;
}
