import net from 'node:net';
import { portOf } from '../port.mjs';

/**
 * The least OOCSI server that could do the job: reads lines, parses, stamps, writes to the subscribers. No limits.
 * @type {Map<string, Set<net.Socket>>}
 */
const channels = new Map();

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = '';
  /** @type {string | undefined} */
  let handle;
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (handle === undefined) {
        handle = line.replace('(JSON)', '');
        socket.write(`{'message' : "welcome ${handle}"}\n`);
      } else if (line.startsWith('sendraw ')) {
        const blank = line.indexOf(' ', 8);
        const recipient = line.slice(8, blank);
        const subscribers = channels.get(recipient);
        if (!subscribers) continue;
        const data = JSON.parse(line.slice(blank + 1));
        data.recipient = recipient;
        data.timestamp = Date.now();
        data.sender = handle;
        const delivery = `${JSON.stringify(data)}\n`;
        const once = subscribers.size > 1 ? Buffer.from(delivery) : delivery;
        for (const subscriber of subscribers) if (subscriber !== socket) subscriber.write(once);
      } else if (line.startsWith('subscribe ')) {
        const channel = line.slice(10);
        if (!channels.has(channel)) channels.set(channel, new Set());
        channels.get(channel)?.add(socket);
      } else if (line === 'ping') socket.write('.\n');
    }
  });
  socket.on('close', () => {
    for (const subscribers of channels.values()) subscribers.delete(socket);
  });
});

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
