import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listen } from '../../src/transports/listen.ts';

const servers: Server[] = [];
afterEach(async () => {
  const open = servers.splice(0).filter((server) => server.listening);
  await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
});

function build(create: () => Server = createServer): Server {
  const server = create();
  servers.push(server);
  return server;
}

describe('listen', () => {
  test.each([
    ['a TCP server', createServer],
    ['an HTTP server', createHttpServer],
  ])('opens %s and says which port it got', async (_what, create) => {
    const server = build(create);
    const address = await listen(server, { host: '127.0.0.1', port: 0, listener: 'oocsi' });
    expect(address).toEqual({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    expect(address.port).toBeGreaterThan(0);
  });

  test('says in a sentence that the port is in use, and what to do', async () => {
    const { port } = await listen(build(), { host: '127.0.0.1', port: 0, listener: 'oocsi' });
    await expect(listen(build(), { host: '127.0.0.1', port, listener: 'mqtt' })).rejects.toMatchObject({
      code: 'DOOR_PORT_IN_USE',
      message: `The mqtt listener cannot open 127.0.0.1:${port} because another program has it; stop that program, or set mqtt.port to another port (0 takes a free one).`,
    });
  });

  test.each(['192.0.2.1', 'no such host', '2001:db8::1'])('says that the address %s cannot be had', async (host) => {
    await expect(listen(build(), { host, port: 0, listener: 'http' })).rejects.toMatchObject({
      code: 'DOOR_ADDRESS',
      message: expect.stringMatching(/^The http listener cannot open .*http\.host/),
    });
  });

  test('leaves no listener behind', async () => {
    const server = build();
    await listen(server, { host: '127.0.0.1', port: 0, listener: 'oocsi' });
    expect(server.listenerCount('error')).toBe(0);
  });
});
