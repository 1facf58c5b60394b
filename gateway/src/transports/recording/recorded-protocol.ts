import type { ConnectionFacts } from '../taps.ts';

/** `in`: from the client; `out`: to it. */
export type Way = 'in' | 'out';

/** A part of a unit: its first byte, and the one after its last. */
export type Span = readonly [begin: number, end: number];

/** What a unit of a protocol (a line, a packet, a message) says that matters to a recording. */
export interface Look {
  /** What nobody may see. */
  readonly secrets?: readonly Span[];
  /** The client that is here, by what it says or is told; several where it may be one of them. */
  readonly clients?: readonly string[];
  /** Of a unit of which only the beginning was seen: the rest has no secrets. */
  readonly isRestPlain?: boolean;
  /** Packets that answer it go to another port. */
  readonly answerPort?: number | undefined;
}

/** One connection, as somebody sees it who only looks on. It keeps in mind what later units need to be understood. */
export interface ConnectionView {
  /** How long the unit is that `bytes` begins with, as soon as that can be said. Asked where a connection is a stream alone. */
  lengthOf(way: Way, bytes: Buffer): number | undefined;
  /** Looks at the next unit; not `isWhole`: at its beginning, as the rest is long, or never came. Never throws. */
  look(way: Way, unit: Buffer, isWhole: boolean): Look;
  /**
   * A unit in words, without what differs each time, such as times and numbers; undefined for what may come or not, such as a ping. Asked
   * after `look`.
   */
  label(way: Way, unit: Buffer): string | undefined;
  /** A unit of the client as it says it elsewhere: other than it is where it joins by it. Asked before `look`. */
  rejoin(unit: Buffer, as: Rejoin): Buffer;
}

/** How a client of a recording joins another gateway. */
export interface Rejoin {
  /** What is added to its id. */
  readonly suffix: string;
  /** In place of its password or token, which is blanked; undefined: it stays so. */
  readonly secret: string | undefined;
}

/** How the connections of a protocol are recorded and replayed. */
export interface RecordedProtocol {
  /** A new connection. */
  view(facts: Pick<ConnectionFacts, 'by' | 'peer'>): ConnectionView;
}

/** Each half of a surrogate pair too, as they are escaped one by one. */
const NOT_ASCII = /[\u0080-\uffff]/g;

/** What blanks are made of. */
export const BLANK = 0x2a;

/** All of a unit but its beginning: where it cannot be read, what follows may be a secret. */
export function allFrom(begin: number, unit: Uint8Array): Look {
  return unit.length > begin ? { secrets: [[begin, unit.length]] } : {};
}

/** All of a text but what stands before its first colon: where its end is missing, what follows may be a password. `text` in latin1. */
export function afterColon(text: string): Look {
  const colon = text.indexOf(':');
  return colon < 0 ? {} : { secrets: [[colon + 1, text.length]] };
}

/** Where the password is, wherever `unit` says the address `name:password`, also with functions behind it. `text` is the unit in latin1. */
export function passwordsOf(address: string, text: string): Span[] {
  const colon = address.indexOf(':');
  if (colon < 1 || address.startsWith('presence(')) return [];
  const bracket = address.indexOf('[');
  if (bracket >= 0 && bracket < colon) return [];
  return hiddenIn(text, bracket < 0 ? address : address.slice(0, bracket), colon + 1);
}

/** As `passwordsOf`, where the unit is JSON text: also as `JSON.stringify` and Python's `json.dumps` escape it. */
export function passwordsInJson(address: string, text: string): Span[] {
  const escaped = JSON.stringify(address).slice(1, -1);
  const ascii = escaped.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...new Set([address, escaped, ascii])].flatMap((written) => passwordsOf(written, text));
}

/** Where `secret` is in the unit that `text` is in latin1, each without its first `from` characters. */
export function hiddenIn(text: string, secret: string, from = 0): Span[] {
  const spans: Span[] = [];
  const skipped = Buffer.byteLength(secret.slice(0, from));
  const wanted = Buffer.from(secret).toString('latin1');
  if (wanted.length === skipped) return spans;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    spans.push([at + skipped, at + wanted.length]);
  }
  return spans;
}

/** What a packet of SLIP begins and ends with. */
export const SLIP_END = 0xc0;

/** How long the packet of SLIP is that `bytes` begins with; undefined while its end is missing. */
export function slipLengthOf(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(SLIP_END, 1);
  // Two in a row: a packet begins with the second.
  if (end === 1) return 1;
  return end < 0 ? undefined : end + 1;
}
