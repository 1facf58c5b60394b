import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  connectPacket,
  field,
  message,
  packet,
  startBroker,
  subscribePacket,
  type TestBroker,
  withWrites,
} from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

const AWAY = { clean: false } as const;
const DAY_MS = 86_400_000;
const MONTH = { sessionExpiryMs: 30 * DAY_MS };

/** The answer to a CONNECT, as session present and return code. */
async function knock(id: string, { clean = false } = {}): Promise<[present: number, code: number]> {
  const socket = await test.dial();
  socket.write(connectPacket(id, 4, clean ? 2 : 0));
  const [connack] = (await once(socket, 'data')) as [Buffer];
  const gone = once(socket, 'close');
  socket.destroy();
  await gone;
  await offline(id);
  return [connack[2] as number, connack[3] as number];
}

async function offline(id: string): Promise<void> {
  await expect.poll(() => test.house.hub.client(id)?.online ?? false).toBe(false);
}

async function subscribeAndLeave(id: string, filter: string): Promise<void> {
  const client = await test.connect(id, AWAY);
  await client.mqtt.subscribeAsync(filter, { qos: 1 });
  await client.mqtt.endAsync();
  await offline(id);
}

async function publish(topic: string, ...texts: string[]): Promise<void> {
  const sender = await test.connect('sender');
  for (const text of texts) await sender.mqtt.publishAsync(topic, text, { qos: 1 });
  await sender.mqtt.endAsync();
}

describe('a session that is taken up', () => {
  it.each([
    { version: 4, options: AWAY },
    { version: 5, options: { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3600 } } },
  ] as const)(
    'has a program of MQTT $version that listens once it is connected hear what waited through a restart',
    async ({ options }) => {
      test = await startBroker();
      const device = await test.connect('device', options);
      await device.mqtt.subscribeAsync('t', { qos: 1 });
      await device.mqtt.endAsync();
      await offline('device');
      await publish('t', 'first', 'second');
      await test.restart();
      const { mqtt } = await test.connect('device', options);
      const heard: string[] = [];
      mqtt.on('message', (_, payload) => heard.push(payload.toString()));
      await expect.poll(() => heard).toEqual(['first', 'second']);
    },
  );
});

describe('a session that is long there', () => {
  it('does not end while its client is connected, though the power fails then', async () => {
    let isPowered = true;
    test = await startBroker(
      MONTH,
      withWrites((write) => (isPowered ? write() : Promise.resolve())),
    );
    const device = await test.connect('device', AWAY);
    await device.mqtt.subscribeAsync('t', { qos: 1 });
    test.house.clock.advance(100 * DAY_MS);
    await publish('other', 'everything before this is written');
    isPowered = false;
    const ranMs = test.house.clock.monotonicMs();
    await test.restart();
    isPowered = true;
    test.house.clock.advance(ranMs + DAY_MS - test.house.clock.monotonicMs());
    await publish('t', 'for the device');
    const back = await test.connect('device', AWAY);
    expect(await back.got(1)).toMatchObject([{ text: 'for the device' }]);
  });

  it('ends whole, or not at all, where its client comes back right then', async () => {
    const held: (() => void)[] = [];
    let isHeld = false;
    test = await startBroker(
      MONTH,
      withWrites(async (write) => {
        if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
        await write();
      }),
    );
    await subscribeAndLeave('device', 't');
    await publish('t', 'old');
    isHeld = true;
    test.house.clock.advance(40 * DAY_MS);
    await expect.poll(() => held.length).toBe(1);
    const coming = test.connect('device', AWAY);
    isHeld = false;
    held[0]?.();
    const device = await coming;
    await device.mqtt.subscribeAsync('t', { qos: 1 });
    await device.mqtt.endAsync();
    await test.restart();
    await publish('t', 'new');
    const back = await test.connect('device', AWAY);
    expect(await back.got(1)).toMatchObject([{ text: 'new' }]);
    expect(device.lines).toEqual([]);
  });
});

describe('when all persistent sessions are taken', () => {
  it('the oldest that holds nothing gives way, and none that holds something does', async () => {
    test = await startBroker({ maxSessions: 2 });
    expect(await knock('empty')).toEqual([0, 0]);
    await subscribeAndLeave('device', 't');
    expect(await knock('new')).toEqual([0, 0]);
    expect(await knock('device')).toEqual([1, 0]);
    await subscribeAndLeave('new', 't');
    expect(await knock('late')).toEqual([0, 3]);
    expect(test.reports.at(-1)).toContain('mqtt.maxSessions');
    expect(await knock('late', { clean: true })).toEqual([0, 0]);
    expect(await knock('device')).toEqual([1, 0]);
    // One that ends makes room.
    await knock('device', { clean: true });
    expect(await knock('late')).toEqual([0, 0]);
  });
});

describe('what waits for a client', () => {
  it('comes though the client acknowledges twice what came before', async () => {
    test = await startBroker();
    const socket = await test.dial();
    socket.write(connectPacket('twice', 4, 0));
    await once(socket, 'data');
    socket.write(subscribePacket('t', 1));
    await once(socket, 'data');
    const first = once(socket, 'data') as Promise<[Buffer]>;
    await publish('t', '1');
    const number = (await first)[0].subarray(5, 7);
    const second = once(socket, 'data');
    await publish('t', '2');
    await second;
    socket.write(Buffer.concat([packet(0x40, number), packet(0x40, number), packet(0x40, number)]));
    socket.write(Buffer.from([0xc0, 0]));
    await once(socket, 'data');
    socket.destroy();
    await offline('twice');
    const back = await test.connect('twice', AWAY);
    expect(await back.got(1)).toMatchObject([{ text: '2' }]);
  });

  it('counts by what is really there, also where messages of QoS 2 pass one that is not confirmed', async () => {
    test = await startBroker({ maxQueuedBytes: 8000 });
    const socket = await test.dial();
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    socket.write(connectPacket('device', 4, 0));
    socket.write(subscribePacket('t', 2));
    await expect.poll(() => got.length).toBe(9);
    const sender = await test.connect('sender');
    const large = 'x'.repeat(1500);
    await sender.mqtt.publishAsync('t', large, { qos: 2 });
    await expect.poll(() => got.length).toBe(9 + 8 + large.length);
    for (let round = 0; round < 3; round++) {
      got = Buffer.alloc(0);
      await sender.mqtt.publishAsync('t', 's', { qos: 2 });
      await expect.poll(() => got.length).toBe(8);
      const number = got.subarray(5, 7);
      socket.write(packet(0x50, number));
      await expect.poll(() => got.length).toBe(12);
      socket.write(packet(0x70, number));
      socket.write(Buffer.from([0xc0, 0]));
      await expect.poll(() => got.length).toBe(14);
    }
    expect(test.house.incidents.counts()).toEqual({});
    await sender.mqtt.publishAsync('t', large, { qos: 2 });
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TOO_SLOW': 1 });
    socket.destroy();
  });

  it('is on disk no longer than its session, whatever its session had', async () => {
    test = await startBroker();
    const { hub } = test.house;
    await subscribeAndLeave('device', '#');
    await publish('t', '1', '2');
    // A message of QoS 2 that is not released is part of the session too.
    const socket = await test.dial();
    socket.write(connectPacket('device', 4, 0));
    socket.write(packet(0x34, field('u'), Buffer.from([0, 7]), Buffer.from('x')));
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    await expect.poll(() => got.includes(Buffer.from([0x50, 2, 0, 7]))).toBe(true);
    socket.destroy();
    await offline('device');
    expect(await knock('device', { clean: true })).toEqual([0, 0]);
    expect(hub.send(message({ to: 't' })).delivered).toBe(0);
    const keys = await test.keys();
    expect(keys.filter((key) => key.includes('device'))).toEqual([]);
  });
});

describe('a bridge that was away', () => {
  it('is told which of the messages that it missed were retained', async () => {
    test = await startBroker();
    const bridge = await test.dial();
    bridge.write(connectPacket('bridge', 0x84, 0));
    await once(bridge, 'data');
    bridge.write(subscribePacket('#', 1));
    await once(bridge, 'data');
    bridge.destroy();
    await offline('bridge');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('a', 'state', { qos: 1, retain: true });
    await sender.mqtt.publishAsync('b', 'event', { qos: 1 });
    const back = await test.dial();
    let got = Buffer.alloc(0);
    back.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    back.write(connectPacket('bridge', 0x84, 0));
    await expect.poll(() => got.includes('event')).toBe(true);
    // CONNACK, then PUBLISH of QoS 1: with the flag, and without.
    expect(got.subarray(0, 5).toString('hex')).toBe('2002010033');
    expect(got[4 + 12]).toBe(0x32);
    back.destroy();
  });
});
