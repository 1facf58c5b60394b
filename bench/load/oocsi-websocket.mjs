import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';
import { MASK, textHeader, WebSocketWire } from './websocket.mjs';

/** @import { Taker, Target } from '../types.ts' */

/** The handle's own messages, which show that what was sent before them has been done. */
const ECHO = '"echoed":';

/** An OOCSI client over WebSocket, as a web page is. */
export class OocsiWebSocketClient {
  #stream = new Stream((bytes) => this.#wire.consume(bytes));
  #wire = new WebSocketWire(this.#stream, (bytes, start, end) => this.#text(bytes, start, end));
  /** @type {Taker} */
  #receiver;
  /** @type {((text: string) => void) | undefined} */
  #expected = undefined;

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

  /** @param {Target} target */
  async open(target) {
    await this.#wire.open(target);
    await this.#stream.expect((resolve, reject) => {
      this.#expected = (text) => (text.includes('welcome') ? resolve() : reject(new Error(`OOCSI said: ${text}`)));
      this.#wire.send(this.id);
    });
  }

  /**
   * Subscribes; a message to itself comes back when the subscription stands.
   * @param {string} channel
   * @returns {Promise<void>}
   */
  subscribe(channel) {
    return this.#stream.expect((resolve) => {
      this.#expected = (text) => {
        if (text.includes(ECHO)) resolve();
      };
      this.#wire.send(`subscribe ${channel}`);
      this.#wire.send(`sendjson ${this.id} {${ECHO}1}`);
    });
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    const text = `sendjson ${to} ${payloadText(sender)}`;
    return new Template(text, { before: textHeader(text.length), mask: MASK });
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  #text(bytes, start, end) {
    if (end - start === 4 && bytes.toString('latin1', start, end) === 'ping') this.#wire.send('.');
    else if (this.#expected !== undefined) {
      const expected = this.#expected;
      this.#expected = undefined;
      expected(bytes.toString('utf8', start, end));
    } else this.#receiver.take(bytes, start, end);
  }
}
