import { field, packet } from './broker/packets.mjs';
import { payloadText } from './payload.mjs';
import { Template } from './ring.mjs';
import { Stream } from './stream.mjs';

/** @import { Credentials, Taker, Target } from '../types.ts' */

const CONNACK = 2;
const PUBLISH = 3;
const SUBACK = 9;

/** An MQTT 3.1.1 client, quality of service 0. */
export class MqttClient {
  #stream = new Stream((bytes) => this.#consume(bytes));
  /** @type {Taker} */
  #receiver;
  /** @type {((type: number, body: Buffer) => void) | undefined} */
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

  /**
   * @param {Target} target
   * @param {Credentials} [credentials]
   */
  async open({ host, port, tls }, credentials) {
    await this.#stream.connect(host, port, tls);
    const login = credentials ? [field(credentials.name), field(credentials.secret)] : [];
    const flags = Buffer.from([4, credentials ? 0xc2 : 0x02, 0, 0]);
    await this.#request(CONNACK, 3, 0, packet(0x10, field('MQTT'), flags, field(this.id), ...login));
  }

  /** @param {string} topic */
  async subscribe(topic) {
    await this.#request(SUBACK, 4, 0, packet(0x82, Buffer.from([0, 1]), field(topic), Buffer.from([0])));
  }

  /**
   * @param {number} sender
   * @param {string} to
   */
  template(sender, to) {
    const text = payloadText(sender);
    const whole = packet(0x30, field(to), Buffer.from(text));
    return new Template(text, { before: whole.subarray(0, whole.length - text.length) });
  }

  /**
   * Sends a packet and waits for the answer of a kind, whose byte at `at` has to be `good`.
   * @param {number} kind
   * @param {number} at
   * @param {number} good
   * @param {Buffer} bytes
   * @returns {Promise<void>}
   */
  #request(kind, at, good, bytes) {
    return this.#stream.expect((resolve, reject) => {
      this.#expected = (type, body) => {
        if (type !== kind) return;
        if (body[at] === good) resolve();
        else reject(new Error(`MQTT refused it with ${body[at]}`));
      };
      this.#stream.write(bytes);
    });
  }

  /** @param {Buffer} bytes */
  #consume(bytes) {
    const length = bytes.length;
    let position = 0;
    while (length - position >= 2) {
      let at = position + 1;
      let size = 0;
      let shift = 0;
      while (at < length && bytes[at] > 127) {
        size |= (bytes[at++] & 127) << shift;
        shift += 7;
      }
      if (at >= length) break;
      size |= bytes[at++] << shift;
      const end = at + size;
      if (end > length) break;
      if (bytes[position] >> 4 === PUBLISH) {
        this.#receiver.take(bytes, at + 2 + ((bytes[at] << 8) | bytes[at + 1]), end);
      } else this.#expected?.(bytes[position] >> 4, bytes.subarray(position, end));
      position = end;
    }
    return position;
  }
}
