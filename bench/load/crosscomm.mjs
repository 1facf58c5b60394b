import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';
import { MASK, textHeader, WebSocketWire } from './websocket.mjs';

/** A frame as the Python client writes it, its blanks included. `content` is JSON. */
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
    await this.#request('login_response', frame(this.id, 'server', 'login', '{}', '00000000'));
  }

  /** Subscribes; the answer to a question asked afterwards shows that the subscription stands. */
  async subscribe(channel) {
    this.#wire.send(frame(this.id, 'server', 'dict', JSON.stringify({ subscribe: [channel] }), '00000001'));
    const question = '"{\\"only_show_online\\": true}"';
    await this.#request('list_clients_response', frame(this.id, 'server', 'list_clients', question, '00000002'));
  }

  template(sender, to) {
    const text = frame(this.id, to, 'dict', payloadText(sender), '00000000');
    const number = text.indexOf('_00000000"') + 2;
    return new Template(text, { before: textHeader(text.length), mask: MASK, alsoAt: [number] });
  }

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

  #text(bytes, start, end) {
    if (this.#expected === undefined) this.#receiver.take(bytes, start, end);
    else if (this.#expected(bytes.toString('utf8', start, end))) this.#expected = undefined;
  }
}
