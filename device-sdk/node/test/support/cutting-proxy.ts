import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** A way to a server that cuts each connection after so many bytes of answers. */
export async function openCuttingProxy(
  target: { host: string; port: number },
  afterBytes: number,
): Promise<{ server: Server; port: number; cutSoFar(): number }> {
  let cut = 0;
  const server = createServer((from) => {
    const to = connect(target);
    let passed = 0;
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.on('close', () => to.destroy());
    to.on('close', () => from.end());
    from.pipe(to);
    to.on('data', (bytes) => {
      from.write(bytes);
      passed += bytes.length;
      if (passed < afterBytes || from.destroyed) return;
      cut++;
      from.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, cutSoFar: () => cut };
}
