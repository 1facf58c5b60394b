import { END, unescapeSlip } from './slip.ts';

/** How packets follow one another on a stream: `length` before each (OSC 1.0), or SLIP around each (OSC 1.1). */
export type Framing = 'length' | 'slip';

export interface PacketStreamHandler {
  /** One packet, as a copy that the handler may keep. */
  packet(bytes: Uint8Array): void;
  /** A packet longer than the limit began; the rest of it is skipped. */
  tooLarge(): void;
  /** A packet was thrown away, as what stands for a byte of SLIP stands for none. */
  badEscape(): void;
  /** The stream is none of OSC, or is out of step: nothing more can be read of it. Called once. */
  lost(why: string): void;
}

const LENGTH_BYTES = 4;
/** A length of 16 MiB and more is no length but something else. */
const MAX_LENGTH = 0xff_ffff;
/** SLIP may double every byte. */
const SLIP_GROWTH = 2;
const FIRST_ROOM_BYTES = 256;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream of bytes into packets. Its first byte tells how: the length of a packet begins with a zero byte, as none has 16 MiB,
 * and SLIP with an END. Chunks may end anywhere. It holds at most a packet of `maxPacketBytes`, as far as that has come, and never throws.
 */
export class PacketStream {
  readonly #maxPacketBytes: number;
  readonly #handler: PacketStreamHandler;
  #framing: Framing | undefined;
  #isLost = false;
  #held: Uint8Array = NOTHING;
  #heldBytes = 0;
  /** How many bytes of a packet that is too large are still to come; by SLIP any number, up to its END. */
  #skipping = 0;

  constructor(maxPacketBytes: number, handler: PacketStreamHandler) {
    this.#maxPacketBytes = maxPacketBytes;
    this.#handler = handler;
  }

  /** Undefined before the first byte. */
  get framing(): Framing | undefined {
    return this.#framing;
  }

  /** How much of a packet is held whose end has not come. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): void {
    if (this.#isLost || chunk.length === 0) return;
    if (this.#framing === undefined) {
      if (chunk[0] === 0) this.#framing = 'length';
      else if (chunk[0] === END) this.#framing = 'slip';
      else {
        this.#lose('a packet by TCP has its length before it (OSC 1.0) or SLIP around it (OSC 1.1)');
        return;
      }
    }
    if (this.#framing === 'slip') this.#pushSlip(chunk);
    else this.#pushLengths(chunk);
  }

  #pushSlip(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(END, at);
      const part = chunk.subarray(at, end < 0 ? chunk.length : end);
      at += part.length + 1;
      if (this.#skipping === 0) {
        if (this.#heldBytes + part.length > this.#maxPacketBytes * SLIP_GROWTH) {
          this.#release();
          this.#skipping = 1;
          this.#handler.tooLarge();
        } else if (end < 0) this.#hold(part);
        else this.#endSlip(part);
      }
      if (end >= 0) this.#skipping = 0;
    }
  }

  #endSlip(last: Uint8Array): void {
    let escaped = last;
    if (this.#heldBytes > 0) {
      this.#hold(last);
      escaped = this.#held.subarray(0, this.#heldBytes);
    }
    const packet = unescapeSlip(escaped);
    if (packet === undefined) this.#handler.badEscape();
    else if (packet.length > this.#maxPacketBytes) this.#handler.tooLarge();
    // Between the END of a packet and that of the next is nothing.
    else if (packet.length > 0) this.#handler.packet(Buffer.from(packet));
    this.#release();
  }

  #pushLengths(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#isLost) {
      if (this.#skipping > 0) {
        const skipped = Math.min(this.#skipping, chunk.length - at);
        this.#skipping -= skipped;
        at += skipped;
      } else if (this.#heldBytes > 0 || chunk.length - at < LENGTH_BYTES) at = this.#gather(chunk, at);
      else {
        const length = lengthAt(chunk, at);
        const end = at + LENGTH_BYTES + length;
        if (!this.#accepts(length)) at += LENGTH_BYTES;
        else if (end > chunk.length) at = this.#gather(chunk, at);
        else {
          this.#handler.packet(Buffer.from(chunk.subarray(at + LENGTH_BYTES, end)));
          at = end;
        }
      }
    }
  }

  /** Goes on with a packet that does not lie whole in one chunk; returns how far it has read. */
  #gather(chunk: Uint8Array, from: number): number {
    let at = this.#holdUpTo(LENGTH_BYTES, chunk, from);
    if (this.#heldBytes < LENGTH_BYTES) return at;
    const length = lengthAt(this.#held, 0);
    if (this.#heldBytes === LENGTH_BYTES && !this.#accepts(length)) {
      this.#release();
      return at;
    }
    const total = LENGTH_BYTES + length;
    at = this.#holdUpTo(total, chunk, at);
    if (this.#heldBytes === total) {
      this.#handler.packet(Buffer.from(this.#held.subarray(LENGTH_BYTES, total)));
      this.#release();
    }
    return at;
  }

  /** False for a packet that is not read: it is skipped, or the stream is given up. */
  #accepts(length: number): boolean {
    if (length <= this.#maxPacketBytes) return true;
    if (length > MAX_LENGTH) this.#lose('what should be the length of a packet is none');
    else {
      this.#skipping = length;
      this.#handler.tooLarge();
    }
    return false;
  }

  #lose(why: string): void {
    this.#isLost = true;
    this.#release();
    this.#handler.lost(why);
  }

  /** Holds of the chunk what makes `total` bytes with what is held; returns how far that goes. */
  #holdUpTo(total: number, chunk: Uint8Array, from: number): number {
    const to = Math.min(chunk.length, from + Math.max(0, total - this.#heldBytes));
    this.#hold(chunk.subarray(from, to));
    return to;
  }

  #hold(bytes: Uint8Array): void {
    const total = this.#heldBytes + bytes.length;
    if (total > this.#held.length) {
      // What is only announced takes no room yet.
      const larger = new Uint8Array(Math.max(FIRST_ROOM_BYTES, this.#held.length * 2, total));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = total;
  }

  /** A connection that had a large packet once does not keep its room. */
  #release(): void {
    this.#heldBytes = 0;
    if (this.#held.length > FIRST_ROOM_BYTES) this.#held = NOTHING;
  }
}

/** Four bytes, the highest first. */
function lengthAt(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let index = 0; index < LENGTH_BYTES; index++) length = length * 256 + (bytes[at + index] as number);
  return length;
}
