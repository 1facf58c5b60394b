import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';

/** @import { Taker, Target } from '../types.ts' */

const LENGTH_BYTES = 4;

/**
 * A string as Open Sound Control has it: ended by a NUL, filled up to a multiple of four.
 * @param {string} text
 */
const padded = (text) => text.padEnd((text.length + LENGTH_BYTES) & ~3, '\0');

/**
 * A message with one string.
 * @param {string} address
 * @param {string} value
 */
const packet = (address, value) => padded(address) + padded(',s') + padded(value);

/** @param {string} text */
function lengthOf(text) {
  const bytes = Buffer.alloc(LENGTH_BYTES);
  bytes.writeUInt32BE(text.length);
  return bytes;
}

/** A client of Open Sound Control 1.0 by TCP, which loses nothing: each packet has its length before it. */
export class OscClient {
  #stream = new Stream((bytes) => this.#consume(bytes));
  /** @type {Taker} */
  #receiver;
  /** @type {(() => void) | undefined} */
  #answered = undefined;

  /**
   * @param {string} id what the others are called; this one is called after its port
   * @param {Taker} receiver
   */
  constructor(id, receiver) {
    this.id = id;
    this.#receiver = receiver;
  }

  get stream() {
    return this.#stream;
  }

  /** @param {Target} target */
  async open({ host, port }) {
    await this.#stream.connect(host, port);
  }

  /**
   * Subscribes; what it sends to its own name afterwards shows that the subscription stands.
   * @param {string} channel
   * @returns {Promise<void>}
   */
  subscribe(channel) {
    return this.#stream.expect((resolve) => {
      this.#answered = resolve;
      this.#send(packet('/subscribe', channel));
      this.#send(packet(`/osc-127.0.0.1-${this.#stream.localPort}`, 'ready'));
    });
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    const text = packet(`/${to}`, payloadText(sender));
    return new Template(text, { before: lengthOf(text) });
  }

  /** @param {string} text */
  #send(text) {
    this.#stream.write(Buffer.concat([lengthOf(text), Buffer.from(text, 'latin1')]));
  }

  /** @param {Buffer} bytes */
  #consume(bytes) {
    let position = 0;
    while (position + LENGTH_BYTES <= bytes.length) {
      const start = position + LENGTH_BYTES;
      const end = start + bytes.readUInt32BE(position);
      if (end > bytes.length) break;
      if (this.#answered === undefined) this.#receiver.take(bytes, start, end);
      else {
        this.#answered();
        this.#answered = undefined;
      }
      position = end;
    }
    return position;
  }
}
