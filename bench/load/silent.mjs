import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** @import { Jobs } from '../job-types.ts' */

/** How many connect at the same time. */
const AT_ONCE = 100;

/** @type {net.Socket[]} */
const crowd = [];

/**
 * Connects `job.count` times and never says who it is: by TLS with a whole ClientHello, to which the server has to answer, else with nothing.
 * @param {Jobs['silent']} job
 */
export async function openSilent({ to: { host, port }, count, saysHello }) {
  const hello = saysHello ? await clientHello() : undefined;
  const begun = performance.now();
  let next = 0;
  const connect = async () => {
    while (next++ < count) {
      const socket = net.connect({ host, port, noDelay: true }).resume();
      socket.on('error', () => {});
      crowd.push(socket);
      await once(socket, 'connect');
      if (hello === undefined) continue;
      socket.write(hello);
      // What the server answers has cost it what a handshake costs.
      await once(socket, 'data');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connect));
  return { open: crowd.length, tookMs: performance.now() - begun };
}

/** How many of them the server has not ended. */
export function countSilent() {
  return { open: crowd.filter((socket) => !socket.closed && !socket.readableEnded).length };
}

/** The first bytes of a client of TLS. */
async function clientHello() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const client = tls.connect({ host: '127.0.0.1', port });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [hello] = await once(socket, 'data');
  client.destroy();
  server.close();
  return /** @type {Buffer} */ (hello);
}
