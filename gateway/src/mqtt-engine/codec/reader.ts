import { Fields } from './fields.ts';
import { ANY, checkFirstByte, checkHeaders } from './headers.ts';
import { PacketFault } from './packet-fault.ts';
import type { ConnectPacket, Packet, PingPacket, Version } from './packets.ts';
import { readConnect, readLevel } from './read-connect.ts';
import { readPublish } from './read-publish.ts';
import { readAcknowledgement, readAuth, readDisconnect } from './read-reasons.ts';
import { readSubscribe, readUnsubscribe } from './read-subscribe.ts';
import { REASON } from './reason-codes.ts';

/** A CONNECT has five fields of at most 64 KiB; a client that has not joined yet may not make the gateway hold more. */
const MAX_CONNECT_BYTES = 128 * 1024;
/** A packet's remaining length has at most four bytes (section 2.1.4). */
const MAX_LENGTH_BYTES = 4;

/** What is set aside for a body of which little is there. */
const MIN_BODY_BYTES = 1024;

const NOTHING = Buffer.alloc(0);
const PINGREQ: PingPacket = Object.freeze({ kind: 'pingreq' });
/** All readers': nothing of it outlives a packet. */
const fields = new Fields();

/** What a reader reads of a packet. */
const FIRST_BYTE = 0;
const LENGTH = 1;
const BODY = 2;
const OVER = 3;

/**
 * Reads the packets of one client, of every version of MQTT, from pieces of any size. It is as strict as the specification lets a server be:
 * whatever MQTT 5 or 3.1.1 calls malformed, or a protocol error, and a single packet shows, is a fault.
 */
export class PacketReader {
  /** The version of the CONNECT that was read; known as soon as the CONNECT says so, even if it has a fault after that. */
  version: Version | undefined;
  readonly #maxPacketBytes: number;

  #chunk: Buffer = NOTHING;
  #at = 0;
  /** Nothing of `#chunk` was looked at yet. */
  #isNew = false;
  /** What came before `#chunk` was read to its end. */
  #later: Buffer[] | undefined;

  #state = FIRST_BYTE;
  #first = 0;
  #length = 0;
  #lengthBytes = 0;
  /** The body of a packet that comes in pieces, and how much of it is there. */
  #body: Buffer | undefined;
  #filled = 0;

  /** `maxPacketBytes`: the longest packet, its fixed header included. */
  constructor({ maxPacketBytes }: { maxPacketBytes: number }) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** How much of a packet that has not come to its end is held, beside the last piece that came. */
  get heldBytes(): number {
    return this.#body?.length ?? 0;
  }

  /** Adds what was received. Packets keep views of it: it must not be written to again. */
  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.#state === OVER) return;
    if (this.#later !== undefined) this.#later.push(chunk);
    else if (this.#at < this.#chunk.length) this.#later = [chunk];
    else this.#open(chunk);
  }

  /**
   * Takes the next packet out of what was pushed; undefined: its end has not come yet. Payloads, passwords and properties are views of what
   * was pushed.
   *
   * @throws {PacketFault} The client sent what it must not; nothing more is read then. A packet that is too long, or none, is a fault as
   *   soon as its first bytes say so.
   */
  next(): Packet | undefined {
    try {
      while (this.#at < this.#chunk.length || this.#goOn()) {
        if (this.#isNew) this.#look();
        if (this.#state !== BODY && !this.#readHeader()) continue;
        const packet = this.#readBody();
        if (packet !== undefined) return packet;
      }
      return undefined;
    } catch (fault) {
      this.#state = OVER;
      this.#drop();
      this.#body = undefined;
      throw fault;
    }
  }

  #open(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#isNew = true;
  }

  /** Goes to the next piece. False: there is none. */
  #goOn(): boolean {
    const next = this.#later?.shift();
    if (next === undefined) this.#drop();
    else this.#open(next);
    return next !== undefined;
  }

  /** Lets go of what was read. */
  #drop(): void {
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#later = undefined;
  }

  /** Looks at the fixed headers of all that has come, before any of it is handed over. */
  #look(): void {
    this.#isNew = false;
    if (this.#state === FIRST_BYTE) checkHeaders(this.#chunk, 0, this.version);
    else if (this.#state === BODY) checkHeaders(this.#chunk, this.#length - this.#filled, this.version ?? ANY);
  }

  /** Reads on in a fixed header. True: it is whole. */
  #readHeader(): boolean {
    const chunk = this.#chunk;
    let at = this.#at;
    if (this.#state === FIRST_BYTE) {
      this.#first = chunk[at++] as number;
      checkFirstByte(this.#first, this.version);
      this.#length = 0;
      this.#lengthBytes = 0;
      this.#state = LENGTH;
    }
    while (at < chunk.length) {
      const byte = chunk[at++] as number;
      this.#length |= (byte & 0x7f) << (7 * this.#lengthBytes++);
      if (byte < 0x80) {
        this.#at = at;
        this.#checkLength();
        this.#state = BODY;
        return true;
      }
      if (this.#lengthBytes === MAX_LENGTH_BYTES) {
        throw new PacketFault(REASON.malformed, 'sent an MQTT packet whose length field has more than four bytes');
      }
    }
    this.#at = at;
    return false;
  }

  #checkLength(): void {
    const max = this.version === undefined ? Math.min(this.#maxPacketBytes, MAX_CONNECT_BYTES) : this.#maxPacketBytes;
    const packetBytes = 1 + this.#lengthBytes + this.#length;
    if (packetBytes <= max) return;
    const message = `sent an MQTT packet of ${packetBytes} bytes, more than the ${max} allowed here`;
    throw new PacketFault(REASON.packetTooLarge, message, 'PEER_TOO_LARGE');
  }

  /** Reads the packet behind its fixed header, where all of it is there. */
  #readBody(): Packet | undefined {
    const begin = this.#at;
    const length = this.#length;
    const there = this.#chunk.length - begin;
    if (this.#body === undefined && there >= length) {
      this.#at = begin + length;
      return this.#read(this.#chunk, begin, begin + length);
    }
    if (there === 0) return undefined;
    const taken = Math.min(there, length - this.#filled);
    const body = this.#room(taken);
    this.#chunk.copy(body, this.#filled, begin, begin + taken);
    this.#at = begin + taken;
    this.#filled += taken;
    if (this.#filled < length) return undefined;
    this.#body = undefined;
    this.#filled = 0;
    return this.#read(body, 0, length);
  }

  /** Makes room for so many more bytes of the body: it grows with what comes, as whoever announces much may never send it. */
  #room(bytes: number): Buffer {
    const body = this.#body;
    const needed = this.#filled + bytes;
    if (body !== undefined && needed <= body.length) return body;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(2 * needed, MIN_BODY_BYTES)));
    body?.copy(grown, 0, 0, this.#filled);
    this.#body = grown;
    return grown;
  }

  #read(bytes: Buffer, begin: number, end: number): Packet {
    this.#state = FIRST_BYTE;
    const type = this.#first >> 4;
    fields.open(type, bytes, begin, end);
    const { version } = this;
    const packet = version === undefined ? this.#readConnect() : readPacket(this.#first, version);
    fields.close();
    // [MQTT-1.5.5-1]; MQTT 3.1.1 does not say so.
    if (this.version === 5 && this.#lengthBytes > 1 && this.#length >> (7 * (this.#lengthBytes - 1)) === 0) {
      throw fields.fault(REASON.malformed, 'with a length in more bytes than it needs');
    }
    return packet;
  }

  #readConnect(): ConnectPacket {
    const level = readLevel(fields);
    this.version = level.version;
    return readConnect(fields, level);
  }
}

/** Reads a packet other than the CONNECT. */
function readPacket(first: number, version: Version): Packet {
  const type = first >> 4;
  switch (type) {
    case 3:
      return readPublish(fields, first, version);
    case 8:
      return readSubscribe(fields, version);
    case 10:
      return readUnsubscribe(fields, version);
    case 12:
      return PINGREQ;
    case 14:
      return readDisconnect(fields, version);
    case 15:
      return readAuth(fields);
    default:
      return readAcknowledgement(fields, type, version);
  }
}
