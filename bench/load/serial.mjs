import tty from 'node:tty';
import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';

/** @import { Client, Taker } from '../types.ts' */

const LINE_FEED = 0x0a;
const HELLO_MS = 100;
const PATIENCE_MS = 5000;
const HELLO = '"hello":1';

/**
 * The terminal that this process holds, where it was started with one.
 * @type {tty.ReadStream}
 */
let port;

/** What the load generator's own end of the pseudo-terminal is called on the gateway's side. */
export const serialPath = () => process.env.BENCH_PTY_PATH;

/** A device on a serial line that speaks in lines of JSON; there is one, and its name is the gateway's configuration's. */
export class SerialClient {
  /** @type {Taker} */
  #receiver;
  #rest = Buffer.alloc(0);
  /** @type {(() => void) | undefined} */
  #greeted = undefined;
  /** @type {Client['stream']} */
  stream = { write: (bytes) => port.write(bytes), close: () => this.#close(), onTurn: undefined, failure: undefined };

  /**
   * @param {string} id
   * @param {Taker} receiver
   */
  constructor(id, receiver) {
    this.id = id;
    this.#receiver = receiver;
  }

  /** Says hello to the gateway's echo until the answer shows that the gateway has opened the port. */
  async open() {
    port ??= new tty.ReadStream(Number(process.env.BENCH_PTY_FD));
    port.on('data', this.#onData);
    /** @type {Promise<void>} */
    const greeted = new Promise((resolve, reject) => {
      const hello = setInterval(() => port.write(`{"to":"echo",${HELLO}}\n`), HELLO_MS);
      this.#greeted = () => {
        clearInterval(hello);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        clearInterval(hello);
        reject(new Error(`the gateway did not answer the serial device within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
    });
    await greeted;
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    return new Template(`{"to":"${to}",${payloadText(sender).slice(1)}\n`);
  }

  /** @param {Buffer} chunk */
  #onData = (chunk) => {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let position = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, position) + 1;
      if (end === 0) break;
      if (bytes.toString('latin1', position, end).includes(HELLO)) this.#greeted?.();
      else this.#receiver.take(bytes, position, end);
      position = end;
    }
    this.#rest = Buffer.from(bytes.subarray(position));
    this.stream.onTurn?.();
  };

  #close() {
    port.off('data', this.#onData);
  }
}
