import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';
import { MASK, textHeader, WebSocketWire } from './websocket.mjs';

/** The handle's own messages, which show that what was sent before them has been done. */
const ECHO = '"echoed":';

/** An OOCSI client over WebSocket, as a web page is. */
export class OocsiWebSocketClient {
  #stream = new Stream((bytes) => this.#wire.consume(bytes));
  #wire = new WebSocketWire(this.#stream, (bytes, start, end) => this.#text(bytes, start, end));
  #receiver;
  #expected = undefined;

  constructor(id, receiver) {
    this.id = id;
    this.#receiver = receiver;
  }

  get stream() {
    return this.#stream;
  }

  async open(target) {
    await this.#wire.open(target);
    await this.#stream.expect((resolve, reject) => {
      this.#expected = (text) => (text.includes('welcome') ? resolve() : reject(new Error(`OOCSI said: ${text}`)));
      this.#wire.send(this.id);
    });
  }

  /** Subscribes; a message to itself comes back when the subscription stands. */
  subscribe(channel) {
    return this.#stream.expect((resolve) => {
      this.#expected = (text) => {
        if (text.includes(ECHO)) resolve();
      };
      this.#wire.send(`subscribe ${channel}`);
      this.#wire.send(`sendjson ${this.id} {${ECHO}1}`);
    });
  }

  template(sender, to) {
    const text = `sendjson ${to} ${payloadText(sender)}`;
    return new Template(text, { before: textHeader(text.length), mask: MASK });
  }

  #text(bytes, start, end) {
    if (end - start === 4 && bytes.toString('latin1', start, end) === 'ping') this.#wire.send('.');
    else if (this.#expected !== undefined) {
      const expected = this.#expected;
      this.#expected = undefined;
      expected(bytes.toString('utf8', start, end));
    } else this.#receiver.take(bytes, start, end);
  }
}
