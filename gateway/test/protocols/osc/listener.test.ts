import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { afterEach, expect, test, vi } from 'vitest';
import { encodeLengthPrefixed } from '../../../src/protocols/osc/framing.ts';
import type { ListenerHost } from '../../../src/protocols/osc/host.ts';
import { type OscListenerOptions, openOscListener } from '../../../src/protocols/osc/listener.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';
import type { Address } from '../../../src/transports/listen.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { openStreamListener } from '../../../src/transports/tcp.ts';
import { openUdpListener } from '../../../src/transports/udp.ts';
import { i, s } from './udp-house.ts';

const undo: (() => unknown)[] = [];

/** A real listener on a free port, in a house whose clock the test moves. */
async function open(options: Partial<OscListenerOptions> = {}) {
  const house = buildHouse();
  const budget = new QueueBudget(1_000_000);
  const addresses: Address[] = [];
  let connections = () => 0;
  const shared = { ...house, budget, maxConnections: 10, maxQueueBytes: 100_000 };
  const host: ListenerHost = {
    ...house,
    budget,
    turn: new WriteTurn(),
    outboxLimits: { maxQueueBytes: 100_000, fairShareBytes: 10_000 },
    limits: { maxConnections: 10, handshakeTimeoutMs: 10_000 },
    async listenTcp(how) {
      const listener = await openStreamListener({ ...shared, ...how, listener: 'osc' });
      undo.push(() => listener.close(0));
      addresses.push(listener.address);
      connections = () => listener.connections;
      return listener.address;
    },
    async listenUdp(how) {
      const listener = await openUdpListener({ ...shared, ...how, listener: 'osc' });
      undo.push(() => listener.close());
      addresses.push(listener.address);
      return listener;
    },
    onClose: (close) => undo.push(close),
  };
  await openOscListener({ host: '127.0.0.1', port: 0, maxPacketBytes: 1000, ...options }, host);
  return { ...house, addresses, connections: () => connections(), port: addresses.at(-1)?.port ?? 0 };
}

async function dial(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1');
  undo.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

test('UDP and TCP have one port', async () => {
  const { addresses, port } = await open();
  // Another program may have had the first that was free by UDP.
  expect(addresses.slice(-2)).toEqual([
    { host: '127.0.0.1', port },
    { host: '127.0.0.1', port },
  ]);
});

test('a port that another program has by TCP alone is an error, and any other is taken where any will do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  undo.push(() => other.close());
  await once(other, 'listening');
  await expect(open({ port: (other.address() as AddressInfo).port })).rejects.toMatchObject({
    code: 'DOOR_PORT_IN_USE',
  });
  expect((await open()).port).toBeGreaterThan(0);
});

test('a datagram of one socket and the packets of a connection are two clients', async () => {
  const { hub, port } = await open();
  const socket = createSocket('udp4');
  undo.push(() => socket.close());
  socket.send(encodeMessage('/subscribe', [s('lamp')]), port, '127.0.0.1');
  const connection = await dial(port);
  await vi.waitFor(() => expect(hub.members('lamp')).toEqual([`osc-127.0.0.1-${socket.address().port}`]));
  const received = once(socket, 'message');
  connection.write(encodeLengthPrefixed(encodeMessage('/lamp', [i(7)])));
  expect((await received)[0]).toEqual(encodeMessage('/lamp', [i(7)]));
  expect(hub.client(`osc-127.0.0.1-${connection.localPort}`)?.online).toBe(true);
});

test('a program cannot have the gateway send to itself', async () => {
  const { hub, incidents, port } = await open();
  const socket = createSocket('udp4');
  undo.push(() => socket.close());
  socket.send(encodeMessage('/subscribe', [s('lamp'), i(port)]), port, '127.0.0.1');
  await vi.waitFor(() => expect(incidents.counts()).toEqual({ 'osc PEER_NOT_ALLOWED': 1 }));
  expect(hub.members('lamp')).toEqual([]);
});

test('a connection that says nothing is closed, and destroyed where its peer does not close it', async () => {
  const { clock, port, incidents, connections } = await open();
  const connection = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  undo.push(() => connection.destroy());
  connection.on('error', () => {}).resume();
  await vi.waitFor(() => expect(connections()).toBe(1));
  const ended = once(connection, 'end');
  clock.advance(10_000);
  expect(incidents.counts()).toEqual({ 'osc PEER_TIMEOUT': 1 });
  await ended;
  clock.advance(5000);
  expect(connections()).toBe(1);
  clock.advance(1000);
  await vi.waitFor(() => expect(connections()).toBe(0));
});

test('a fault of the gateway ends that connection alone', async () => {
  const { hub, port } = await open();
  vi.spyOn(hub, 'send').mockImplementationOnce(() => {
    throw new Error('a fault');
  });
  const connection = await dial(port);
  connection.on('error', () => {});
  const closed = once(connection, 'close');
  connection.write(encodeLengthPrefixed(encodeMessage('/lamp', [i(7)])));
  await closed;
  const next = await dial(port);
  next.write(encodeLengthPrefixed(encodeMessage('/subscribe', [s('lamp')])));
  await vi.waitFor(() => expect(hub.members('lamp')).toEqual([`osc-127.0.0.1-${next.localPort}`]));
});
