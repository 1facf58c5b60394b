import { fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NatsServer } from './nats.mjs';

/** @import { Kind } from '../load/gateways/ends.mjs' */

/** @typedef {{ count: number, disordered: number, sent: number }} Told what an end says, each in a message of its own */

const END = fileURLToPath(new URL('../load/gateways/end.mjs', import.meta.url));
const WINDOW = 10_000;
/** How long what is under way may take to arrive. */
const ARRIVAL_MS = 30_000;

/** Two ends, each in a process of its own, and a NATS server between them. */
export class TwoEnds {
  #server;
  /** @type {import('node:child_process').ChildProcess[]} */
  #ends = [];

  /** @param {NatsServer} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {Kind} kind
   * @param {boolean} isKept
   * @param {string} main the cli/main.js of the gateway
   */
  static async start(kind, isKept, main) {
    const server = await NatsServer.start();
    const { url, folder } = server;
    const two = new TwoEnds(server);
    for (const role of ['to', 'from']) {
      const index = pathToFileURL(path.resolve(main, '../../index.js')).href;
      const options = { kind, role, isKept, url, index, folder: path.join(folder, role) };
      const end = fork(END, [JSON.stringify({ ...options, window: WINDOW, payloadBytes: 64 })]);
      two.#ends.push(end);
      await two.#told(end, 'ready');
    }
    const [to, from] = two.#ends;
    to.on('message', (/** @type {{ heard?: number }} */ { heard }) => heard !== undefined && from.send({ heard }));
    return two;
  }

  /**
   * Messages a second that are heard, and what was lost or out of order.
   * @param {{ warmupMs: number, measureMs: number }} times
   */
  async run({ warmupMs, measureMs }) {
    const [to, from] = this.#ends;
    from.send({ do: 'begin' });
    const sent = this.#told(from, 'sent');
    // What is wanted is known a moment later; what comes before that is heard by nobody.
    await sleep(warmupMs);
    const first = await this.#count(to);
    const begun = performance.now();
    await sleep(measureMs);
    const last = await this.#count(to);
    const messagesPerSecond = ((last.count - first.count) * 1000) / (performance.now() - begun);
    from.send({ do: 'end' });
    const total = (await sent).sent;
    const until = performance.now() + ARRIVAL_MS;
    let { count, disordered } = await this.#count(to);
    while (count < total && performance.now() < until) {
      await sleep(50);
      ({ count, disordered } = await this.#count(to));
    }
    return { messagesPerSecond, lost: Math.max(0, total - count), duplicated: Math.max(0, count - total) + disordered };
  }

  async stop() {
    for (const end of this.#ends) {
      const gone = new Promise((resolve) => end.once('exit', resolve));
      end.send({ do: 'exit' });
      await gone;
    }
    await this.#server.stop();
  }

  /** @param {import('node:child_process').ChildProcess} end */
  #count(end) {
    const told = this.#told(end, 'count');
    end.send({ do: 'count' });
    return told;
  }

  /**
   * @param {import('node:child_process').ChildProcess} end
   * @param {string} what
   * @returns {Promise<Told>}
   */
  #told(end, what) {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('an end of the cluster ended'));
      /** @param {Told & Record<string, unknown>} message */
      const hear = (message) => {
        if (message[what] === undefined) return;
        end.off('message', hear);
        end.off('exit', ended);
        resolve(message);
      };
      end.on('message', hear);
      end.once('exit', ended);
    });
  }
}
