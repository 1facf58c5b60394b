import { CRC_RESIDUE, CRC_START, crc16x25, updateCrc } from './crc.ts';
import { beginsFrame } from './decode-frame.ts';

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
const CRC_BYTES = 2;

/** The packet of a frame on a serial line: checksum, escapes and both END bytes (SPEC.md, section 11). */
export function encodeSlip(frame: Uint8Array): Uint8Array {
  const crc = crc16x25(frame);
  const low = crc & 0xff;
  const high = crc >> 8;
  let escapes = (isSpecial(low) ? 1 : 0) + (isSpecial(high) ? 1 : 0);
  for (let at = 0; at < frame.length; at++) if (isSpecial(frame[at] as number)) escapes++;
  const packet = new Uint8Array(frame.length + CRC_BYTES + 2 + escapes);
  let to = 0;
  packet[to++] = END;
  for (let at = 0; at < frame.length; at++) to = put(packet, to, frame[at] as number);
  to = put(packet, to, low);
  to = put(packet, to, high);
  packet[to] = END;
  return packet;
}

function isSpecial(byte: number): boolean {
  return byte === END || byte === ESCAPE;
}

function put(packet: Uint8Array, at: number, byte: number): number {
  if (!isSpecial(byte)) {
    packet[at] = byte;
    return at + 1;
  }
  packet[at] = ESCAPE;
  packet[at + 1] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
  return at + 2;
}

/** Why a packet was thrown away; `idle`: it began and never ended. */
export type SlipFault = 'checksum' | 'escape' | 'too_large' | 'idle';

/** What a SlipDecoder tells; called within `push`, in the order of the bytes. */
export interface SlipHandler {
  /** A frame whose checksum is right, as a copy that the handler may keep. */
  frame(bytes: Uint8Array): void;
  /** Bytes that are no frame, for a reader of lines. They are a part of the chunk: to be used or copied before it is used again. */
  text(bytes: Uint8Array): void;
  /** A packet was thrown away. */
  fault(fault: SlipFault): void;
}

type State = 'text' | 'start' | 'frame' | 'escape' | 'skip';

const FIRST_ROOM = 256;

/**
 * Takes a serial line apart: frames, and the text beside them (SPEC.md, section 11). Chunks may end anywhere. It holds at most
 * `maxFrameBytes` and the checksum, and never throws.
 */
export class SlipDecoder {
  readonly #maxBytes: number;
  readonly #handler: SlipHandler;
  #state: State = 'text';
  #held: Uint8Array;
  #length = 0;
  #crc = CRC_START;

  constructor(maxFrameBytes: number, handler: SlipHandler) {
    this.#maxBytes = maxFrameBytes + CRC_BYTES;
    this.#handler = handler;
    this.#held = new Uint8Array(Math.min(FIRST_ROOM, this.#maxBytes));
  }

  /** True within a packet: what comes next is not text. */
  get pending(): boolean {
    return this.#state !== 'text' && this.#state !== 'start';
  }

  /** Takes the next bytes of the line, any number of them, and tells the handler what they complete. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'text') at = this.#text(chunk, at);
      else if (this.#state === 'start') at = this.#start(chunk, at);
      else if (this.#state === 'skip') {
        const end = chunk.indexOf(END, at);
        if (end < 0) return;
        this.#state = 'start';
        at = end + 1;
      } else this.#packet(chunk[at++] as number);
    }
  }

  /** Tells that nothing has come for a second: a packet that began is given up, and what comes next is text. */
  idle(): void {
    if (this.#state === 'frame' || this.#state === 'escape') this.#handler.fault('idle');
    this.#state = 'text';
  }

  #text(chunk: Uint8Array, from: number): number {
    const end = chunk.indexOf(END, from);
    const to = end < 0 ? chunk.length : end;
    if (end >= 0) this.#state = 'start';
    if (to > from) this.#handler.text(chunk.subarray(from, to));
    return end < 0 ? to : end + 1;
  }

  #start(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] as number;
    if (byte === END) return at + 1;
    if (!beginsFrame(byte)) {
      this.#state = 'text';
      return at;
    }
    this.#state = 'frame';
    this.#length = 0;
    this.#crc = CRC_START;
    this.#add(byte);
    return at + 1;
  }

  #packet(byte: number): void {
    if (this.#state === 'escape') {
      if (byte === ESCAPED_END || byte === ESCAPED_ESCAPE) {
        this.#state = 'frame';
        this.#add(byte === ESCAPED_END ? END : ESCAPE);
      } else this.#fault('escape', byte === END ? 'start' : 'skip');
    } else if (byte === ESCAPE) this.#state = 'escape';
    else if (byte === END) this.#end();
    else this.#add(byte);
  }

  #add(byte: number): void {
    if (this.#length === this.#maxBytes) {
      this.#fault('too_large', 'skip');
      return;
    }
    if (this.#length === this.#held.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, this.#held.length * 2));
      larger.set(this.#held);
      this.#held = larger;
    }
    this.#held[this.#length++] = byte;
    this.#crc = updateCrc(this.#crc, byte);
  }

  #end(): void {
    if (this.#length <= CRC_BYTES || this.#crc !== CRC_RESIDUE) {
      this.#fault('checksum', 'start');
      return;
    }
    this.#state = 'start';
    this.#handler.frame(this.#held.slice(0, this.#length - CRC_BYTES));
  }

  #fault(fault: SlipFault, next: State): void {
    this.#state = next;
    this.#handler.fault(fault);
  }
}
