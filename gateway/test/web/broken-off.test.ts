import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { addAccount } from './accounts.ts';
import { buildWebObjects } from './objects/objects-server.ts';
import { buildWebHouse } from './support.ts';

const FORM = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhalf';

/** How a request breaks off. */
const WAYS: Record<string, (socket: Socket) => void> = {
  'is closed': (socket) => socket.destroy(),
  'is reset': (socket) => socket.resetAndDestroy(),
  'ends in the middle': (socket) => socket.end(),
};

it.each(
  Object.keys(WAYS).flatMap((way) => [
    [way, 'PUT /objects/a HTTP/1.1', 'half'],
    [way, 'PUT /objects/a?upload=u1 HTTP/1.1\r\nContent-Range: bytes 0-999/1000', 'half'],
    [way, 'POST /objects HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x', FORM],
  ]),
)('a connection that %s is the client’s fault, not the gateway’s: %s', async (way, head, body) => {
  const { port, objects, incidents, log } = await buildWebObjects();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${head}\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n${body}`);
  await vi.waitFor(() => expect(objects.counts().bytes).toBe(4));
  WAYS[way]?.(socket);
  await vi.waitFor(() => expect(incidents.counts()).toEqual({ 'http PEER_GONE': 1 }));
  expect(log.lines.filter((line) => line.startsWith('error'))).toEqual([]);
});

it.each([
  ['nothing', ''],
  ['half of its head', 'GET / HTTP/1.1\r\nX: '],
])('a connection that says %s ends when the time for that is over', async (_, head) => {
  const { app } = await buildWebHouse({ handshakeTimeoutMs: 200 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(head);
  socket.resume();
  const dripping = setInterval(() => head !== '' && socket.write('x'), 50);
  socket.on('error', () => {});
  await once(socket, 'close');
  clearInterval(dripping);
  await app.close();
});

it('a body that drips ends when the time for a proof is over, but for who has one', async () => {
  const house = await buildWebHouse({ handshakeTimeoutMs: 10_000 });
  const token = await addAccount(house, 'anna');
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  const drip = async (more: string): Promise<Socket> => {
    const socket = connect((house.app.server.address() as AddressInfo).port, '127.0.0.1');
    const come = once(house.app.server, 'request');
    const type = 'Content-Type: application/json\r\nContent-Length: 100';
    socket.write(`POST /send/lamp HTTP/1.1\r\nHost: localhost\r\n${type}\r\n${more}\r\n{"a`);
    socket.on('error', () => {}).resume();
    await come;
    return socket;
  };
  const silent = await drip('');
  const known = await drip(`Authorization: Bearer ${token}\r\n`);
  house.clock.advance(10_000);
  await once(silent, 'close');
  expect(known.closed).toBe(false);
  await vi.waitFor(() => {
    house.clock.advance(20_000);
    expect(known.closed).toBe(true);
  });
  await house.app.close();
});

it('a request whose connection was reset before anybody looked is not said to be of a stranger', async () => {
  const { app, incidents } = await buildWebHouse({}, { anonymous: 'loopback' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const gone = Array.from({ length: 20 }, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /channels HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.resetAndDestroy();
    await once(socket, 'close');
  });
  await Promise.all(gone);
  // The server has come to them when it comes to this.
  expect((await fetch(`http://127.0.0.1:${port}/channels`)).status).toBe(200);
  await expect.poll(() => incidents.counts()).toEqual({ 'http PEER_GONE': gone.length });
  await app.close();
});
