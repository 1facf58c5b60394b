import net from 'node:net';
import { portOf } from '../port.mjs';

/**
 * The least server that could do the job for Open Sound Control by TCP: reads addresses, writes to the subscribers. No limits.
 * @type {Map<string, Set<net.Socket>>}
 */
const channels = new Map();

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  const own = `/osc-127.0.0.1-${socket.remotePort}`;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      const nul = bytes.indexOf(0, at + 4);
      const address = bytes.toString('utf8', at + 4, nul);
      if (address === '/subscribe') {
        // Behind the address, filled up to a multiple of four, and four bytes of type tags.
        const value = at + 8 + ((nul - at) & ~3);
        subscribe(`/${bytes.toString('utf8', value, bytes.indexOf(0, value))}`, socket);
      } else if (address === own) socket.write(bytes.subarray(at, end));
      else {
        for (const subscriber of channels.get(address) ?? []) {
          if (subscriber !== socket) subscriber.write(bytes.subarray(at, end));
        }
      }
      at = end;
    }
    rest = bytes.subarray(at);
  });
  socket.on('close', () => {
    for (const subscribers of channels.values()) subscribers.delete(socket);
  });
});

/**
 * @param {string} address
 * @param {net.Socket} socket
 */
function subscribe(address, socket) {
  const subscribers = channels.get(address) ?? new Set();
  channels.set(address, subscribers.add(socket));
}

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
