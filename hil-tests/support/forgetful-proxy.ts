import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** A way to a server on which the first connection ends when its answer comes, and the answer is lost. */
export async function openForgetfulProxy(target: {
  host: string;
  port: number;
}): Promise<{ server: Server; port: number }> {
  let hasLost = false;
  const server = createServer((from) => {
    const to = connect(target);
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.pipe(to);
    if (hasLost) {
      to.pipe(from);
      return;
    }
    to.once('data', () => {
      hasLost = true;
      from.destroy();
      to.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
