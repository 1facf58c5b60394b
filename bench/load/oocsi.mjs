import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';

/** @import { Credentials, Taker, Target } from '../types.ts' */

const LINE_FEED = 0x0a;
const BRACE = 0x7b;
const PONG = Buffer.from('.\n');

/** An OOCSI client over TCP, JSON type. */
export class OocsiClient {
  #stream = new Stream((bytes) => this.#consume(bytes));
  /** @type {Taker} */
  #receiver;
  /** @type {((line: string) => void) | undefined} */
  #welcomed = undefined;
  /** @type {(() => void) | undefined} */
  #answered = undefined;
  /** The length of the last line: the next one is most likely as long. */
  #lineBytes = 1;

  /**
   * @param {string} id
   * @param {Taker} receiver
   */
  constructor(id, receiver) {
    this.id = id;
    this.#receiver = receiver;
  }

  get stream() {
    return this.#stream;
  }

  /**
   * @param {Target} target
   * @param {Credentials} [credentials]
   */
  async open({ host, port }, credentials) {
    await this.#stream.connect(host, port);
    await this.#stream.expect((resolve, reject) => {
      this.#welcomed = (line) => (line.includes('welcome') ? resolve() : reject(new Error(`OOCSI said: ${line}`)));
      const secret = credentials ? `:${credentials.secret}` : '';
      this.#stream.write(`${this.id}${secret}(JSON)\n`);
    });
  }

  /**
   * Subscribes; the answer to a ping shows that the subscription stands.
   * @param {string} channel
   * @returns {Promise<void>}
   */
  subscribe(channel) {
    return this.#stream.expect((resolve) => {
      this.#answered = resolve;
      this.#stream.write(`subscribe ${channel}\nping\n`);
    });
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    return new Template(`sendraw ${to} ${payloadText(sender)}\n`);
  }

  /** @param {Buffer} bytes */
  #consume(bytes) {
    const length = bytes.length;
    let position = 0;
    while (position < length) {
      let end = position + this.#lineBytes;
      if (end > length || bytes[end - 1] !== LINE_FEED) {
        end = bytes.indexOf(LINE_FEED, position) + 1;
        if (end === 0) break;
        this.#lineBytes = end - position;
      }
      if (bytes[position] === BRACE && this.#welcomed === undefined) this.#receiver.take(bytes, position, end);
      else this.#control(bytes.toString('latin1', position, end).trim());
      position = end;
    }
    return position;
  }

  /** @param {string} line */
  #control(line) {
    const welcomed = this.#welcomed;
    this.#welcomed = undefined;
    if (welcomed) welcomed(line);
    else if (line.startsWith('ping')) this.#stream.write(PONG);
    else if (line === '.') this.#answered?.();
  }
}
