import { payloadText, writeSequence } from './payload.mjs';
import { Stream } from './stream.mjs';
import { binaryHeader, MASK, WebSocketWire } from './websocket.mjs';

/** @import { Target } from '../types.ts' */

const ALIAS = 1;
const NO_NUMBER = -1;
/**
 * Where the payload's digits are in the text of `payloadText`: behind `{"n":"` and the sender's two.
 * @type {[number, number]}
 */
const BODY = [6, 62];
const SEQUENCE_AT = 2;

const TYPES = { welcome: 1, error: 2, goodbye: 3, ping: 4, alias: 6, ack: 10 };

/** A device that speaks frames on a WebSocket, as far as a load generator needs one. It sends to one channel, which has an alias. */
export class FramesDevice {
  /** The highest number that was acknowledged. */
  acknowledged = 0;
  /**
   * Called when it grows.
   * @type {(() => void) | undefined}
   */
  onAck = undefined;
  #stream = new Stream((bytes) => this.#wire.consume(bytes));
  #wire = new WebSocketWire(
    this.#stream,
    () => {},
    (bytes, start, end) => this.#frame(bytes, start, end),
  );
  /** @type {{ answer: number, resolve: () => void, reject: (error: Error) => void } | undefined} */
  #expected = undefined;

  /** @param {string} id */
  constructor(id) {
    this.id = id;
  }

  get stream() {
    return this.#stream;
  }

  /**
   * Connects, says Hello and declares the channel.
   * @param {Target} target
   * @param {string} channel
   */
  async open(target, channel) {
    await this.#wire.open(target);
    // [0, 1, id, 7, 1024]
    await this.#ask(TYPES.welcome, [0x85, 0, 1, ...text(this.id), 7, 0x19, 4, 0]);
    await this.#ask(TYPES.alias, [0x83, TYPES.alias, ALIAS, ...text(channel)]);
  }

  /**
   * @param {number} answer
   * @param {number[]} frame
   * @returns {Promise<void>}
   */
  #ask(answer, frame) {
    return this.#stream.expect((resolve, reject) => {
      this.#expected = { answer, resolve, reject };
      this.#wire.sendBinary(Buffer.from(frame));
    });
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  #frame(bytes, start, end) {
    const type = bytes[start + 1];
    if (type === TYPES.ack) {
      const seq = readInteger(bytes, start + 2);
      if (seq <= this.acknowledged) return;
      this.acknowledged = seq;
      this.onAck?.();
    } else if (type === TYPES.ping) this.#wire.sendBinary(Buffer.from([0x81, 5]));
    else if (type === this.#expected?.answer) this.#expected.resolve();
    else if (type === TYPES.error || type === TYPES.goodbye) {
      this.#expected?.reject(new Error(`the gateway said ${bytes.toString('latin1', start, end)}`));
    }
  }
}

/** What one message of 64 bytes is as a WebSocket message: `[8, 1, {"n": ...}]`, sequenced (`[9, number, ...]`) or not. */
export class FrameTemplate {
  #bytes;
  #numberAt = NO_NUMBER;
  #sequenceAt;

  /** @param {{ sequenced: boolean }} job */
  constructor({ sequenced }) {
    const body = payloadText(0).slice(...BODY);
    // A number in four bytes, so that all messages are of the same length.
    const number = sequenced ? [0x83, 9, 0x1a, 0, 0, 0, 0] : [];
    const frame = Buffer.from([...number, 0x83, 8, ALIAS, 0xa1, ...text('n'), ...text(body)]);
    const header = binaryHeader(frame.length);
    for (let at = 0; at < frame.length; at++) frame[at] ^= MASK[at & 3];
    this.#bytes = Buffer.concat([header, frame]);
    this.headerBytes = header.length;
    if (sequenced) this.#numberAt = 3;
    this.#sequenceAt = frame.length - body.length + SEQUENCE_AT;
  }

  /**
   * The messages `from` to `until`, one after the other; the number of a message is `from` plus 1.
   * @param {number} from
   * @param {number} until
   */
  write(from, until) {
    const size = this.#bytes.length;
    const all = Buffer.allocUnsafe(size * (until - from));
    for (let sequence = from, base = 0; sequence < until; sequence++, base += size) {
      this.#bytes.copy(all, base);
      const start = base + this.headerBytes;
      writeSequence(all, start + this.#sequenceAt, sequence, MASK, this.#sequenceAt);
      if (this.#numberAt !== NO_NUMBER) writeNumber(all, start, this.#numberAt, sequence + 1);
    }
    return all;
  }

  /**
   * One message whose number is not that of its payload.
   * @param {number} sequence
   * @param {number} number
   */
  one(sequence, number) {
    const bytes = this.write(sequence, sequence + 1);
    if (this.#numberAt !== NO_NUMBER) writeNumber(bytes, this.headerBytes, this.#numberAt, number);
    return bytes;
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} at
 * @param {number} number
 */
function writeNumber(bytes, start, at, number) {
  for (let byte = 0; byte < 4; byte++) {
    bytes[start + at + byte] = ((number >>> (24 - 8 * byte)) & 255) ^ MASK[(at + byte) & 3];
  }
}

/** @param {string} value */
function text(value) {
  const { length } = value;
  return [...(length < 24 ? [0x60 | length] : [0x78, length]), ...Buffer.from(value)];
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function readInteger(bytes, at) {
  const head = bytes[at];
  if (head < 24) return head;
  return bytes.readUIntBE(at + 1, 1 << (head - 24));
}
