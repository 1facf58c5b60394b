import { findBody, isBody, readSender, readSequence } from './payload.mjs';

/** Reads the numbers of each message that a client gets and keeps the account of them. */
export class Receiver {
  /**
   * By sender: the lane that its messages arrive in.
   * @type {import('./lane.mjs').Lane[]}
   */
  lanes = [];
  received = 0;
  corrupt = 0;
  /**
   * Called with a sequence number on each message, where somebody measures time.
   * @type {((sequence: number) => void) | undefined}
   */
  onSequence = undefined;
  #offset = 0;

  /**
   * One whole message, of whatever protocol, between `start` and `end`.
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  take(bytes, start, end) {
    let at = start + this.#offset;
    if (this.#offset === 0 || !isBody(bytes, at, end)) {
      at = findBody(bytes, start, end);
      if (at < 0 || !isBody(bytes, at, end)) {
        this.corrupt++;
        return;
      }
      this.#offset = at - start;
    }
    const sequence = readSequence(bytes, at);
    const lane = this.lanes[readSender(bytes, at)];
    if (lane === undefined || sequence < 0) {
      this.corrupt++;
      return;
    }
    this.received++;
    if (sequence === lane.next) lane.next = sequence + 1;
    else lane.irregular(sequence);
    if (this.onSequence !== undefined) this.onSequence(sequence);
  }
}
