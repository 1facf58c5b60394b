import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { afterEach, expect, test, vi } from 'vitest';
import { QueueBudget } from '../../src/transports/outbox.ts';
import { openUdpListener, type UdpListener, type UdpOptions, type UdpPeer } from '../../src/transports/udp.ts';

const opened: (UdpListener | Socket)[] = [];

async function open(options: Partial<UdpOptions> = {}) {
  const received: { text: string; from: UdpPeer }[] = [];
  const waiting: (() => void)[] = [];
  const log = new MemoryLog();
  const budget = new QueueBudget(1_000_000);
  const listener = await openUdpListener({
    host: '127.0.0.1',
    port: 0,
    listener: 'test',
    maxQueueBytes: 1000,
    budget,
    log,
    receive(packet, from) {
      received.push({ text: packet.toString(), from });
      for (const wake of waiting.splice(0)) wake();
    },
    ...options,
  });
  opened.push(listener);
  const untilReceived = async (count: number) => {
    while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return received.map(({ text }) => text);
  };
  return { listener, received, untilReceived, log, budget };
}

/** A socket of somebody else. */
async function peer() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  opened.push(socket);
  return { socket, at: socket.address() };
}

afterEach(async () => {
  for (const each of opened.splice(0)) await (each instanceof Socket ? each.close() : each.close());
});

test('packets come with where they are from, and go where they are to', async () => {
  const { listener, received, untilReceived } = await open();
  const { socket, at } = await peer();
  socket.send('hello', listener.address.port, '127.0.0.1');
  expect(await untilReceived(1)).toEqual(['hello']);
  expect(received[0]?.from).toEqual({ address: '127.0.0.1', port: at.port });
  expect(listener.send(Buffer.from('back'), { address: '127.0.0.1', port: at.port })).toBe(true);
  expect(String((await once(socket, 'message'))[0])).toBe('back');
});

test('a host may be a name', async () => {
  const { listener } = await open({ host: 'localhost' });
  expect(listener.address).toEqual({ host: 'localhost', port: expect.any(Number) });
});

test('an empty packet is one, too', async () => {
  const { listener, untilReceived } = await open();
  const { socket } = await peer();
  socket.send('', listener.address.port, '127.0.0.1');
  expect(await untilReceived(1)).toEqual(['']);
});

test('a fault in who receives costs that packet alone', async () => {
  const texts: string[] = [];
  const { listener, log } = await open({
    receive(packet) {
      texts.push(packet.toString());
      if (texts.length === 1) throw new Error('a fault');
    },
  });
  const { socket } = await peer();
  for (const text of ['one', 'two']) socket.send(text, listener.address.port, '127.0.0.1');
  await vi.waitFor(() => expect(texts).toEqual(['one', 'two']));
  expect(log.lines).toEqual(['error A packet was left out because of a fault in the gateway.']);
});

test('a port that somebody has, and an address that nobody has here, are said to be so', async () => {
  const { listener } = await open();
  await expect(open({ port: listener.address.port })).rejects.toMatchObject({ code: 'DOOR_PORT_IN_USE' });
  await expect(open({ host: '203.0.113.5' })).rejects.toMatchObject({ code: 'DOOR_ADDRESS' });
  await expect(open({ host: 'no.such.host.invalid' })).rejects.toMatchObject({ code: 'DOOR_ADDRESS' });
});

test('what the system does not take waits, counts in the budget of all, and has a bound', async () => {
  const { listener, budget } = await open();
  const { at } = await peer();
  const queued = vi.spyOn(Socket.prototype, 'getSendQueueSize').mockReturnValue(600);
  const send = (length: number) => listener.send(new Uint8Array(length), { address: '127.0.0.1', port: at.port });
  expect([send(400), send(401)]).toEqual([true, false]);
  expect(budget.usedBytes).toBe(600);
  queued.mockReturnValue(0);
  await vi.waitFor(() => expect(budget.usedBytes).toBe(0));
  budget.usedBytes = budget.limitBytes;
  expect(send(1)).toBe(true);
  queued.mockReturnValue(1);
  expect(send(1)).toBe(false);
});

test('what nobody can be sent is given up', async () => {
  const { listener } = await open();
  const { socket, at } = await peer();
  expect(listener.send(new Uint8Array(70_000), { address: '127.0.0.1', port: at.port })).toBe(true);
  expect(listener.send(Buffer.from('next'), { address: '127.0.0.1', port: at.port })).toBe(true);
  expect(String((await once(socket, 'message'))[0])).toBe('next');
});

test('a closed one sends nothing, and may be closed again', async () => {
  const { listener } = await open();
  await listener.close();
  await listener.close();
  expect(listener.send(Buffer.from('late'), { address: '127.0.0.1', port: 9 })).toBe(false);
});
