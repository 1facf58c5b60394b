import type { Span } from '../../transports/recording/recorded-protocol.ts';

/** Where the parts of a packet are, for whoever changes or hides one of them; what is read by them goes nowhere else. */
export interface Parts {
  connect: {
    version: number;
    clientId: { text: string; span: Span };
    password: Span | undefined;
    authData: Span | undefined;
  };
  publish: { topic: string; topicSpan: Span; alias: number | undefined; payload: Span };
}

/** A part that is replaced; `isPrefixed`: its length stands in two bytes before it. */
export interface Change {
  span: Span;
  bytes: Uint8Array;
  isPrefixed: boolean;
}

const MAX_LENGTH_BYTES = 4;
const WILL = 0x04;
const PASSWORD = 0x40;
const USERNAME = 0x80;
const BRIDGE = 0x80;
const VERSION_5 = 5;

const ASSIGNED_ID = 18;
const AUTH_DATA = 22;
const TOPIC_ALIAS = 35;
const USER_PROPERTY = 38;
/** How many bytes the values of properties have (MQTT 5, section 2.2.2.2); those of the others begin with their length. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 4, 17: 4, 19: 2, 23: 1, 24: 4, 25: 1, 33: 2, 34: 2, 35: 2, 36: 1, 37: 1, 39: 4, 40: 1, 41: 1, 42: 1 },
};
const SUBSCRIPTION_IDENTIFIER = 11;

/** How long the packet is that `bytes` begins with; undefined: its fixed header has not come. What is no packet is as long as what has come. */
export function packetLength(bytes: Uint8Array): number | undefined {
  let length = 0;
  for (let at = 1; at <= MAX_LENGTH_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length |= (byte & 0x7f) << (7 * (at - 1));
    if (byte < 0x80) return 1 + at + length;
  }
  return bytes.length;
}

/** Goes through the fields of one packet. Where it ends too soon, `isShort` says so, and what was read is of no use. */
export class PartsReader {
  isShort = false;
  readonly #bytes: Buffer;
  #at: number;

  /** Begins behind the fixed header. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    let at = 1;
    while (at <= MAX_LENGTH_BYTES && (bytes[at] as number) >= 0x80) at++;
    this.#at = at + 1;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  get at(): number {
    return this.#at;
  }

  skip(count: number): void {
    if (count > this.left) this.isShort = true;
    this.#at += count;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    this.skip(1);
    return byte ?? 0;
  }

  short(): number {
    return this.byte() * 256 + this.byte();
  }

  /** What has its length before it. */
  prefixed(): Span {
    const length = this.short();
    const begin = this.#at;
    this.skip(length);
    return [begin, begin + length];
  }

  text([begin, end]: Span): string {
    return this.#bytes.toString('utf8', begin, end);
  }

  variable(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.isShort = true;
    return 0;
  }

  /** Goes through properties, and tells where some of them are. */
  properties(): { authData?: Span; assignedId?: Span; alias?: number } {
    const length = this.variable();
    const end = this.#at + length;
    const found: { authData?: Span; assignedId?: Span; alias?: number } = {};
    while (this.#at < end && !this.isShort) {
      const id = this.byte();
      const size = SIZES[id];
      if (id === TOPIC_ALIAS) found.alias = this.short();
      else if (size !== undefined) this.skip(size);
      else if (id === SUBSCRIPTION_IDENTIFIER) this.variable();
      else {
        const span = this.prefixed();
        if (id === USER_PROPERTY) this.prefixed();
        if (id === AUTH_DATA) found.authData = span;
        if (id === ASSIGNED_ID) found.assignedId = span;
      }
    }
    if (this.#at !== end) this.isShort = true;
    return found;
  }
}

/** The parts of a CONNECT; undefined where it cannot be read. */
export function readConnectParts(packet: Buffer): Parts['connect'] | undefined {
  const reader = new PartsReader(packet);
  reader.prefixed();
  const level = reader.byte() & ~BRIDGE;
  const flags = reader.byte();
  reader.skip(2);
  const isFive = level === VERSION_5;
  const { authData } = isFive ? reader.properties() : {};
  const id = reader.prefixed();
  if ((flags & WILL) !== 0) {
    if (isFive) reader.properties();
    reader.prefixed();
    reader.prefixed();
  }
  // MQTT 3.1 allows that both are announced and missing.
  const isThere = (bit: number): boolean => (flags & bit) !== 0 && !(level === 3 && reader.left === 0);
  if (isThere(USERNAME)) reader.prefixed();
  const password = isThere(PASSWORD) ? reader.prefixed() : undefined;
  if (reader.isShort) return undefined;
  return { version: level, clientId: { text: reader.text(id), span: id }, password, authData };
}

/** The parts of a PUBLISH, of which the end may be missing; undefined where it cannot be read. */
export function readPublishParts(packet: Buffer, version: number): Parts['publish'] | undefined {
  const reader = new PartsReader(packet);
  const topicSpan = reader.prefixed();
  if (((packet[0] as number) & 0x06) !== 0) reader.skip(2);
  const { alias } = version === VERSION_5 ? reader.properties() : {};
  if (reader.isShort) return undefined;
  return { topic: reader.text(topicSpan), topicSpan, alias, payload: [reader.at, packet.length] };
}

/** A packet with some of its parts replaced, in their order. */
export function withChanges(packet: Buffer, changes: readonly Change[]): Buffer {
  const pieces: Uint8Array[] = [];
  let from = new PartsReader(packet).at;
  for (const { span, bytes, isPrefixed } of changes) {
    pieces.push(packet.subarray(from, isPrefixed ? span[0] - 2 : span[0]));
    if (isPrefixed) pieces.push(Buffer.from([bytes.length >> 8, bytes.length & 0xff]));
    pieces.push(bytes);
    from = span[1];
  }
  pieces.push(packet.subarray(from));
  const body = Buffer.concat(pieces);
  const head = [packet[0] as number];
  let length = body.length;
  do {
    head.push(length > 0x7f ? (length & 0x7f) | 0x80 : length);
    length >>= 7;
  } while (length > 0);
  return Buffer.concat([Buffer.from(head), body]);
}
