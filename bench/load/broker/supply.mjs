import { payloadText } from '../payload.mjs';
import { publishPacket } from './packets.mjs';

/** @import { BrokerClient } from './client.mjs' */

export const PAYLOAD = Buffer.from(payloadText(0));

/** A sender's packets, made before the clock runs, one after the other, all of the same length. When all have been sent they come again. */
export class Supply {
  #bytes;
  #size;
  #slots;

  /**
   * @param {4 | 5} version
   * @param {{ slots: number, qos: number, isRetained?: boolean, topicOf: (slot: number) => string }} packets at most 65,535, as many as there are
   *   packet identifiers; topics of one length
   */
  constructor(version, { slots, qos, isRetained, topicOf }) {
    this.#slots = slots;
    const packets = Array.from({ length: slots }, (_, slot) =>
      publishPacket(version, topicOf(slot), PAYLOAD, { qos, isRetained, packetId: slot + 1 }),
    );
    this.#bytes = Buffer.concat(packets);
    this.#size = packets[0].length;
    if (this.#bytes.length !== this.#size * slots) throw new TypeError('packets of a supply have to be of one length');
  }

  /**
   * Writes the packets `from` to `until`, in one piece, or two where they begin anew; not more than there are slots.
   * @param {BrokerClient} client
   * @param {number} from
   * @param {number} until
   */
  write(client, from, until) {
    const first = from % this.#slots;
    const count = until - from;
    const straight = Math.min(count, this.#slots - first);
    client.stream.write(this.#bytes.subarray(first * this.#size, (first + straight) * this.#size));
    if (straight < count) client.stream.write(this.#bytes.subarray(0, (count - straight) * this.#size));
  }
}

/** No answer for so long: the server will not answer any more. */
const PATIENCE_MS = 5000;

/**
 * Sends a supply's first `count` packets, at most `window` outstanding; resolves when the server has acknowledged all. Packets of QoS 1 or 2.
 * @param {BrokerClient} client
 * @param {Supply} supply
 * @param {number} count
 * @param {number} window
 * @returns {Promise<void>}
 */
export function sendAll(client, supply, count, window) {
  return new Promise((resolve, reject) => {
    const { stream } = client;
    const most = Math.min(window, client.window);
    const base = client.acknowledged;
    let sent = 0;
    let seen = -1;
    const watchdog = setInterval(() => {
      if (client.acknowledged === seen || stream.failure) {
        clearInterval(watchdog);
        reject(stream.failure ?? new Error(`only ${seen - base} of ${count} messages were acknowledged`));
      }
      seen = client.acknowledged;
    }, PATIENCE_MS);
    stream.onTurn = () => {
      const done = client.acknowledged - base;
      if (done === count) {
        stream.onTurn = undefined;
        clearInterval(watchdog);
        resolve();
      } else if (sent < count && sent - done <= most >> 1) {
        const until = Math.min(count, done + most);
        supply.write(client, sent, until);
        sent = until;
      }
    };
    stream.onTurn();
  });
}

/**
 * Waits until something is done, or nothing of it has been for `patienceMs`.
 * @param {() => number} progress
 * @param {number} wanted
 * @param {number} [patienceMs]
 */
export async function reaching(progress, wanted, patienceMs = 4000) {
  let seen = progress();
  let since = performance.now();
  while (seen < wanted && performance.now() - since < patienceMs) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (progress() === seen) continue;
    seen = progress();
    since = performance.now();
  }
}
