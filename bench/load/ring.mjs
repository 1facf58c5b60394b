import { sequenceOffset, writeSequence } from './payload.mjs';

/** @import { MessageTemplate } from '../types.ts' */

const NO_MASK = Buffer.alloc(4);

/** What a protocol makes of one message: its bytes, and where the sequence numbers stand in them. */
export class Template {
  /**
   * @param {string} text the message with a payload in it, ASCII
   * @param {{ before?: Buffer, mask?: Buffer, alsoAt?: number[] }} [framing] what goes before the text, the mask that
   *   the text is combined with, and more places in the text that have the sequence number
   */
  constructor(text, { before = Buffer.alloc(0), mask = NO_MASK, alsoAt = [] } = {}) {
    const body = Buffer.from(text, 'latin1');
    for (let index = 0; index < body.length; index++) body[index] ^= mask[index & 3];
    this.bytes = Buffer.concat([before, body]);
    this.mask = mask;
    this.phases = [sequenceOffset(text), ...alsoAt];
    this.before = before.length;
  }
}

/**
 * A sender's messages, written once: only the sequence number changes. The ring has twice as many places as messages
 * may be outstanding, so that what is overwritten has long been received.
 */
export class Ring {
  #slots;
  #template;
  #bytes;

  /**
   * @param {MessageTemplate} template
   * @param {number} window
   */
  constructor(template, window) {
    this.#slots = 2 * window;
    this.#template = template;
    const size = template.bytes.length;
    this.#bytes = Buffer.allocUnsafeSlow(size * this.#slots);
    for (let slot = 0; slot < this.#slots; slot++) template.bytes.copy(this.#bytes, slot * size);
  }

  /**
   * Hands the messages `from` to `until` to `write`, in one piece, or two where the ring begins anew.
   * @param {number} from
   * @param {number} until
   * @param {(bytes: Buffer) => void} write
   */
  write(from, until, write) {
    const { mask, phases, before, bytes: template } = this.#template;
    const size = template.length;
    for (let sequence = from; sequence < until; sequence++) {
      const base = (sequence % this.#slots) * size + before;
      for (let index = 0; index < phases.length; index++) {
        writeSequence(this.#bytes, base + phases[index], sequence, mask, phases[index]);
      }
    }
    const first = from % this.#slots;
    const count = until - from;
    const straight = Math.min(count, this.#slots - first);
    write(this.#bytes.subarray(first * size, (first + straight) * size));
    if (straight < count) write(this.#bytes.subarray(0, (count - straight) * size));
  }
}
