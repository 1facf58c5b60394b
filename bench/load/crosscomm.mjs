import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';
import { MASK, textHeader, WebSocketWire } from './websocket.mjs';

/** @import { Taker, Target } from '../types.ts' */

/**
 * A frame as the Python client writes it, its blanks included. `content` is JSON.
 * @param {string} id
 * @param {string} to
 * @param {string} type
 * @param {string} content
 * @param {string} number
 */
function frame(id, to, type, content, number) {
  return (
    `{"msg_id": "${id}_1700000000000_${number}", "from_client_id": "${id}", "to_client_id": "${to}", ` +
    `"msg_type": "${type}", "content": ${content}, "timestamp": 1700000000.123456, "oss_key": null}`
  );
}

/** A CrossComm client, as pywayne's is. */
export class CrossCommClient {
  #stream = new Stream((bytes) => this.#wire.consume(bytes));
  #wire = new WebSocketWire(this.#stream, (bytes, start, end) => this.#text(bytes, start, end));
  /** @type {Taker} */
  #receiver;
  /** @type {((reply: string) => boolean) | undefined} */
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
    await this.#request('login_response', frame(this.id, 'server', 'login', '{}', '00000000'));
  }

  /**
   * Subscribes; the answer to a question asked afterwards shows that the subscription stands.
   * @param {string} channel
   */
  async subscribe(channel) {
    this.#wire.send(frame(this.id, 'server', 'dict', JSON.stringify({ subscribe: [channel] }), '00000001'));
    const question = '"{\\"only_show_online\\": true}"';
    await this.#request('list_clients_response', frame(this.id, 'server', 'list_clients', question, '00000002'));
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    const text = frame(this.id, to, 'dict', payloadText(sender), '00000000');
    const number = text.indexOf('_00000000"') + 2;
    return new Template(text, { before: textHeader(text.length), mask: MASK, alsoAt: [number] });
  }

  /**
   * @param {string} answer
   * @param {string} text
   * @returns {Promise<void>}
   */
  #request(answer, text) {
    return this.#stream.expect((resolve) => {
      this.#expected = (reply) => {
        if (!reply.includes(`"${answer}"`)) return false;
        resolve();
        return true;
      };
      this.#wire.send(text);
    });
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  #text(bytes, start, end) {
    if (this.#expected === undefined) this.#receiver.take(bytes, start, end);
    else if (this.#expected(bytes.toString('utf8', start, end))) this.#expected = undefined;
  }
}
