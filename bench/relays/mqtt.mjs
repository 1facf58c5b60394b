import net from 'node:net';
import { Aedes } from 'aedes';
import { portOf } from '../port.mjs';

/** Bare aedes: its own defaults, everything in memory. */
const broker = await Aedes.createBroker();
const server = net.createServer({ noDelay: true }, broker.handle);

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
