import { Stream } from '../stream.mjs';
import { connectPacket, DISCONNECT, receiveMaximum, subscribePacket } from './packets.mjs';

/** @import { Target } from '../../types.ts' */

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const PUBREC = 5;
const PUBREL = 6;
const PUBCOMP = 7;
const SUBACK = 9;

/** The answers to what came in one read: shorter than what they answer. */
const ANSWERS = Buffer.allocUnsafeSlow(512 * 1024);

/**
 * An MQTT client of 3.1.1 or 5 that costs as little as can be: it looks at the heads of packets only, answers them, and counts.
 * A message of QoS 2 counts when it is released.
 */
export class BrokerClient {
  received = 0;
  /** Messages of its own that the server has taken, of QoS 1 and 2. */
  acknowledged = 0;
  /** Those that the server took and said that it will not deliver. */
  refused = 0;
  /** How many messages may be outstanding. */
  window = 0;
  /**
   * Called with each message that comes, between `start` and `end`, where somebody wants to see it.
   * @type {((bytes: Buffer, start: number, end: number) => void) | undefined}
   */
  onMessage = undefined;
  #stream = new Stream((bytes) => this.#consume(bytes));
  /** @type {((kind: number, body: Buffer) => void) | undefined} */
  #expected = undefined;
  #target;
  #version;

  /**
   * @param {Target} target
   * @param {string} id
   */
  constructor(target, id) {
    this.#target = target;
    this.#version = target.version ?? 4;
    this.id = id;
  }

  get version() {
    return this.#version;
  }

  get stream() {
    return this.#stream;
  }

  /**
   * Connects.
   * @param {{ isKept?: boolean, keepAliveS?: number }} [session] `isKept`: its session outlives the connection
   */
  async open({ isKept = false, keepAliveS = 0 } = {}) {
    await this.#stream.connect(this.#target.host, this.#target.port);
    const connect = connectPacket(this.#version, this.id, { isKept, keepAliveS });
    const connack = await this.#request(CONNACK, connect);
    if (connack[1] !== 0) throw new Error(`MQTT refused ${this.id} with ${connack[1]}`);
    this.window = receiveMaximum(this.#version, connack);
    return this;
  }

  /**
   * @param {string} filter
   * @param {number} qos
   */
  async subscribe(filter, qos) {
    const suback = await this.#request(SUBACK, subscribePacket(this.#version, filter, qos));
    const granted = suback[suback.length - 1];
    if (granted !== qos) throw new Error(`MQTT granted ${granted} for ${filter}`);
  }

  /** Leaves with a goodbye; resolves when the server has closed the connection. */
  async leave() {
    this.#stream.write(DISCONNECT);
    await this.#stream.close();
  }

  /**
   * Sends a packet and waits for the answer of a kind, which it resolves to, without its fixed header.
   * @param {number} kind
   * @param {Buffer} bytes
   * @returns {Promise<Buffer>}
   */
  async #request(kind, bytes) {
    /** @type {Buffer | undefined} */
    let answer;
    await this.#stream.expect((resolve) => {
      this.#expected = (type, body) => {
        if (type !== kind) return;
        answer = Buffer.from(body);
        resolve();
      };
      this.#stream.write(bytes);
    });
    return answer ?? Buffer.alloc(0);
  }

  /** @param {Buffer} bytes */
  #consume(bytes) {
    const length = bytes.length;
    let position = 0;
    let answers = 0;
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
      const kind = bytes[position] >> 4;
      if (kind === PUBLISH) {
        const qos = (bytes[position] >> 1) & 3;
        if (qos > 0) {
          const id = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
          answers = answer(answers, qos === 1 ? 0x40 : 0x50, bytes, id);
        }
        if (qos < 2) this.received++;
        if (this.onMessage !== undefined) this.onMessage(bytes, at, end);
      } else if (kind === PUBREL) {
        answers = answer(answers, 0x70, bytes, at);
        this.received++;
      } else if (kind === PUBACK || kind === PUBCOMP) this.#acknowledge(bytes, at, size);
      else if (kind === PUBREC) {
        if (size > 2 && bytes[at + 2] >= 0x80) this.#acknowledge(bytes, at, size);
        else answers = answer(answers, 0x62, bytes, at);
      } else this.#expected?.(kind, bytes.subarray(at, end));
      position = end;
    }
    if (answers > 0) this.#stream.write(Buffer.from(ANSWERS.subarray(0, answers)));
    return position;
  }

  /**
   * @param {Buffer} bytes
   * @param {number} at
   * @param {number} size
   */
  #acknowledge(bytes, at, size) {
    this.acknowledged++;
    if (size > 2 && bytes[at + 2] >= 0x80) this.refused++;
  }
}

/**
 * Adds an answer to a packet whose identifier stands at `at`; returns where the next one goes.
 * @param {number} to
 * @param {number} head
 * @param {Buffer} bytes
 * @param {number} at
 */
function answer(to, head, bytes, at) {
  ANSWERS[to] = head;
  ANSWERS[to + 1] = 2;
  ANSWERS[to + 2] = bytes[at];
  ANSWERS[to + 3] = bytes[at + 1];
  return to + 4;
}

/**
 * So many things one after the other, `atOnce` at a time.
 * @template T
 * @param {number} count
 * @param {number} atOnce
 * @param {(index: number) => Promise<T>} make
 * @returns {Promise<T[]>}
 */
export async function manyAtOnce(count, atOnce, make) {
  /** @type {T[]} */
  const made = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return made;
}
