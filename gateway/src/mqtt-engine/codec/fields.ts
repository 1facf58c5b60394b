import { isUtf8 } from 'node:buffer';
import { hasUnfitCharacter } from '../../common/names.ts';
import { plainTopic } from './known-topics.ts';
import { PacketFault } from './packet-fault.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';

/** What packets are called, by their type. */
const NAMES = [
  ...['none', 'a CONNECT', 'a CONNACK', 'a PUBLISH', 'a PUBACK', 'a PUBREC', 'a PUBREL', 'a PUBCOMP', 'a SUBSCRIBE'],
  ...['a SUBACK', 'an UNSUBSCRIBE', 'an UNSUBACK', 'a PINGREQ', 'a PINGRESP', 'a DISCONNECT', 'an AUTH'],
];
const SHORT = 64;
const FIRST_BEYOND_ASCII = 0x80;
const WILDCARD = /[+#]/;
const NOTHING = Buffer.alloc(0);

/**
 * Reads the fields of one packet after another (section 1.5). Each method reads the next field, and throws a `PacketFault` where it is not
 * what it should be, or the packet ends before it does. `what` names the field for people.
 */
export class Fields {
  bytes: Buffer = NOTHING;
  at = 0;
  /** Where the packet ends, or the properties that are being read. */
  end = 0;
  #type = 0;

  /** Goes to the packet of `type` whose fields lie in `bytes` from `begin` to `end`. */
  open(type: number, bytes: Buffer, begin: number, end: number): void {
    this.#type = type;
    this.bytes = bytes;
    this.at = begin;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** A fault of this packet; `what` follows its name. */
  fault(reason: ReasonCode, what: string): PacketFault {
    return new PacketFault(reason, `sent ${NAMES[this.#type]} ${what}`);
  }

  byte(): number {
    if (this.at >= this.end) throw this.#short();
    return this.bytes[this.at++] as number;
  }

  short(): number {
    const { at, bytes } = this;
    if (at + 2 > this.end) throw this.#short();
    this.at = at + 2;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  long(): number {
    if (this.at + 4 > this.end) throw this.#short();
    const value = this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  /** A variable byte integer, in as few bytes as it has. [MQTT-1.5.5-1] */
  variable(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte === 0 && shift > 0) throw this.fault(REASON.malformed, 'with a length in more bytes than it needs');
      return value;
    }
    throw this.fault(REASON.malformed, 'with a length of more than four bytes');
  }

  /** A packet id. [MQTT-2.2.1-3], [MQTT-2.2.1-4] */
  packetId(): number {
    const id = this.short();
    if (id === 0) throw this.fault(REASON.protocolError, 'with the packet id 0');
    return id;
  }

  /** A UTF-8 string. [MQTT-1.5.4-1], [MQTT-1.5.4-2] */
  text(what: string): string {
    const begin = this.skipText(what);
    return this.bytes.toString('utf8', begin, this.at);
  }

  /** Checks a UTF-8 string and goes on behind it. Returns where its characters begin. */
  skipText(what: string): number {
    const begin = this.#begin();
    const { at, bytes } = this;
    if (isShortAscii(bytes, begin, at)) return begin;
    const part = bytes.subarray(begin, at);
    if (!isUtf8(part)) throw this.fault(REASON.malformed, `whose ${what} is not valid UTF-8`);
    if (part.includes(0)) throw this.fault(REASON.malformed, `whose ${what} has the character U+0000`);
    return begin;
  }

  /** The name of a topic, which may be empty. [MQTT-3.3.2-2] */
  topic(what: string): string {
    const before = this.at;
    const begin = this.#begin();
    const plain = plainTopic(this.bytes, begin, this.at);
    if (plain !== undefined) return plain;
    this.at = before;
    const name = this.text(what);
    if (WILDCARD.test(name)) {
      throw this.fault(REASON.protocolError, `whose ${what} ${JSON.stringify(name)} has a wildcard`);
    }
    if (hasUnfitCharacter(name)) throw this.unfit(REASON.badTopicName, what);
    return name;
  }

  /** A fault: a name has a character that names may not have here. */
  unfit(reason: ReasonCode, what: string): PacketFault {
    return this.fault(reason, `whose ${what} has a control character, or one that is none`);
  }

  /** Binary data with its length, as a view. */
  binary(): Buffer {
    const begin = this.#begin();
    return this.bytes.subarray(begin, this.at);
  }

  /** All that is left, as a view. */
  rest(): Buffer {
    const { at, end } = this;
    this.at = end;
    return this.bytes.subarray(at, end);
  }

  /** To be called after the last field; the packet's bytes are let go. */
  close(): void {
    const left = this.end - this.at;
    this.bytes = NOTHING;
    if (left > 0) throw this.fault(REASON.malformed, `with ${left} bytes after its last field`);
  }

  /** Reads the length of a string, and goes on behind it. Returns where it begins. */
  #begin(): number {
    const length = this.short();
    const begin = this.at;
    if (begin + length > this.end) throw this.#short();
    this.at = begin + length;
    return begin;
  }

  #short(): PacketFault {
    return this.fault(REASON.malformed, 'that ends in the middle of a field');
  }
}

/** True for what is short enough to look at each byte, and has no character that needs a closer look. */
function isShortAscii(bytes: Buffer, begin: number, end: number): boolean {
  if (end - begin > SHORT) return false;
  for (let at = begin; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0 || byte >= FIRST_BEYOND_ASCII) return false;
  }
  return true;
}
