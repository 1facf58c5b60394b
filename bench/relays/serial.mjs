import net from 'node:net';
import { ReadlineParser, SerialPort } from 'serialport';
import { portOf } from '../port.mjs';

/** The least program between a serial device and OOCSI clients: lines in, lines out, parsed and stamped on the way. */
const path = process.argv[2];
/** @type {Map<string, net.Socket[]>} */
const channels = new Map();
const port = new SerialPort({ path, baudRate: 115_200 });

/**
 * Hands a message to the device (what it sends to `echo` comes back to it), or to the channel's subscribers.
 * @param {string} from
 * @param {string} to
 * @param {Record<string, unknown>} data
 */
function send(from, to, data) {
  if (to === 'echo' || to === 'bench-device') port.write(`${JSON.stringify(data)}\n`);
  else {
    data.recipient = to;
    data.timestamp = Date.now();
    data.sender = from;
    const line = `${JSON.stringify(data)}\n`;
    for (const subscriber of channels.get(to) ?? []) subscriber.write(line);
  }
}

port.pipe(new ReadlineParser({ delimiter: '\n' })).on('data', (line) => {
  const { to, ...data } = JSON.parse(line);
  send('bench-device', to, data);
});

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
      const [verb, to] = line.split(' ', 2);
      if (handle === undefined) {
        handle = line.replace('(JSON)', '');
        socket.write(`{'message' : "welcome ${handle}"}\n`);
      } else if (verb === 'sendraw') send(handle, to, JSON.parse(line.slice(verb.length + to.length + 2)));
      else if (verb === 'subscribe') channels.set(to, [...(channels.get(to) ?? []), socket]);
      else if (verb === 'ping') socket.write('.\n');
    }
  });
  socket.on('close', () => {
    for (const [name, sockets] of channels)
      channels.set(
        name,
        sockets.filter((one) => one !== socket),
      );
  });
});

port.once('open', () => {
  server.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
  });
});
