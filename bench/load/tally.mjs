import { findBody, isBody, readSequence } from './payload.mjs';

/** Counts messages by their sequence numbers, in whatever order they come. */
export class Tally {
  received = 0;
  duplicated = 0;
  corrupt = 0;
  /**
   * Called with the sequence number of each message that comes for the first time.
   * @type {((sequence: number) => void) | undefined}
   */
  onSequence = undefined;
  #seen;

  /** @param {number} most there will be no more messages */
  constructor(most) {
    this.#seen = new Uint8Array(most);
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  take(bytes, start, end) {
    const at = findBody(bytes, start, end);
    const sequence = at >= 0 && isBody(bytes, at, end) ? readSequence(bytes, at) : -1;
    if (sequence < 0 || sequence >= this.#seen.length) this.corrupt++;
    else if (this.#seen[sequence] !== 0) this.duplicated++;
    else {
      this.#seen[sequence] = 1;
      this.received++;
      if (this.onSequence !== undefined) this.onSequence(sequence);
    }
  }
}
