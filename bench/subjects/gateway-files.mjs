import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startGateway } from './gateway.mjs';
import { NatsServer } from './nats.mjs';

/** @import { Server } from '../types.ts' */

const CLIENT = fileURLToPath(new URL('../load/gateways/store-client.mjs', import.meta.url));
export const FILE_BYTES = 64 * 1024 * 1024;
/** How long the two may take to know of one another. */
const MEET_MS = 20_000;

/**
 * Two gateways, of which one has a file; it is read at the other by HTTP, without copies.
 * @param {string} main the cli/main.js of the gateway
 */
export async function gatewaysWithFile(main) {
  const nats = await NatsServer.start();
  /** @param {string} gateway */
  const at = (gateway) =>
    startGateway({ main, settings: { cluster: { servers: [nats.url], gateway, maxCopiesBytes: 0 } } });
  const [from, to] = [await at('from'), await at('to')];
  /** @param {Server} server */
  const addressOf = (server) => `http://127.0.0.1:${server.targets.crosscomm.port}/objects/`;
  const put = await fetch(`${addressOf(from)}file?from=bench`, { method: 'PUT', body: Buffer.alloc(FILE_BYTES, 7) });
  const { key } = /** @type {{ key: string }} */ (await put.json());
  const address = addressOf(to) + key;
  const untilMs = performance.now() + MEET_MS;
  while ((await fetch(address, { method: 'HEAD' })).status !== 200) {
    if (performance.now() > untilMs) throw new Error('the gateways do not find one another');
    await sleep(50);
  }
  return {
    pid: to.pid,
    read: () => download(address),
    stop: async () => {
      await Promise.all([from.stop(), to.stop()]);
      await nats.stop();
    },
  };
}

/** A client of the Object Store that has put an object there, and one that reads it. */
export async function objectStore() {
  const nats = await NatsServer.start();
  /** @type {import('node:child_process').ChildProcess[]} */
  const clients = [];
  for (const role of ['from', 'to']) {
    const client = fork(CLIENT, [nats.url, role, String(FILE_BYTES)]);
    await once(client, 'message');
    clients.push(client);
  }
  const to = clients[1];
  return {
    pid: to.pid,
    read: async () => {
      to.send({ do: 'read' });
      const [{ read }] = await once(to, 'message');
      return /** @type {number} */ (read);
    },
    stop: async () => {
      for (const client of clients) {
        const gone = once(client, 'exit');
        client.send({ do: 'exit' });
        await gone;
      }
      await nats.stop();
    },
  };
}

/**
 * @param {string} address
 * @returns {Promise<number>}
 */
function download(address) {
  return new Promise((resolve, reject) => {
    get(address, (answer) => {
      let read = 0;
      answer.on('data', (/** @type {Buffer} */ piece) => {
        read += piece.length;
      });
      answer.on('end', () => resolve(read));
      answer.on('error', reject);
    }).on('error', reject);
  });
}
