import { once } from 'node:events';
import type net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPacket, field, message, packet, startBroker, subscribePacket, type TestBroker } from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

const AWAY = { clean: false } as const;
const DAY_MS = 86_400_000;

async function subscribeAndLeave(id: string, qos: 0 | 1 | 2, ...filters: string[]): Promise<void> {
  const client = await test.connect(id, AWAY);
  await client.mqtt.subscribeAsync(filters, { qos });
  await client.mqtt.endAsync();
}

/** Whether the gateway says that it has a session of this client. */
async function isPresent(id: string): Promise<boolean> {
  const socket = await test.dial();
  socket.write(connectPacket(id, 4, 0));
  const [connack] = (await once(socket, 'data')) as [Buffer];
  const gone = once(socket, 'close');
  socket.destroy();
  await gone;
  return connack[2] === 1;
}

/** Publishes and waits until it is acknowledged. */
async function publish(topic: string, ...texts: string[]): Promise<void> {
  const sender = await test.connect('sender');
  for (const text of texts) await sender.mqtt.publishAsync(topic, text, { qos: 1 });
  await sender.mqtt.endAsync();
}

describe('a clean session', () => {
  it.each(['', 'and a restart '])(
    'takes with it what waited for the session before it %s(MQTT-3.1.2-6)',
    async (restart) => {
      test = await startBroker({ maxQueuedMessages: 3 });
      await subscribeAndLeave('device', 1, 't');
      await publish('t', '1', '2', '3');
      await (await test.connect('device')).mqtt.endAsync();
      if (restart) await test.restart();
      const back = await test.connect('device', AWAY);
      await back.mqtt.subscribeAsync('t', { qos: 1 });
      await back.mqtt.endAsync();
      // There is room for as much as there was at first.
      await publish('t', '4', '5', '6');
      const again = await test.connect('device', AWAY);
      expect((await again.got(3)).map(({ text }) => text)).toEqual(['4', '5', '6']);
      expect(test.house.incidents.counts()).toEqual({});
    },
  );
});

describe('a persistent session without subscriptions', () => {
  it('is present when its client comes back, also after a restart (MQTT-3.2.2-2)', async () => {
    test = await startBroker();
    expect(await isPresent('node')).toBe(false);
    expect(await isPresent('node')).toBe(true);
    await test.restart();
    expect(await isPresent('node')).toBe(true);
    await (await test.connect('node')).mqtt.endAsync();
    expect(await isPresent('node')).toBe(false);
  });

  it('ends when its client was away for longer than sessions are kept, measured while the gateway runs', async () => {
    test = await startBroker({ sessionExpiryMs: 90 * DAY_MS });
    await subscribeAndLeave('old', 1, 't');
    test.house.clock.jumpTo(test.house.clock.now() + 1000 * DAY_MS);
    test.house.clock.advance(2 * DAY_MS);
    expect(await isPresent('old')).toBe(true);
    await expect.poll(() => test.house.hub.client('old')?.online).toBe(false);
    test.house.clock.advance(91 * DAY_MS);
    await expect.poll(() => test.house.hub.send(message({ to: 't' })).delivered).toBe(0);
    expect(await isPresent('old')).toBe(false);
  });
});

describe('subscriptions that overlap', () => {
  it.each([
    ['exact', 'z/state', 'z/#'],
    ['wildcards', 'z/+', 'z/#'],
  ])(
    'of a persistent session (%s) give a message once, at the highest QoS, and not again later',
    async (_, low, high) => {
      test = await startBroker({ maxQueuedMessages: 2 });
      const device = await test.connect('device', AWAY);
      await device.mqtt.subscribeAsync(high, { qos: 1 });
      await device.mqtt.subscribeAsync(low, { qos: 0 });
      await publish('z/state', 'live');
      expect(await device.got(1)).toMatchObject([{ text: 'live', qos: 1 }]);
      await device.mqtt.endAsync();
      const back = await test.connect('device', AWAY);
      await back.mqtt.endAsync();
      expect(back.lines).toEqual([]);
      await publish('z/state', 'queued 1', 'queued 2');
      const later = await test.connect('device', AWAY);
      expect((await later.got(2)).map(({ text, qos }) => `${text} ${qos}`)).toEqual(['queued 1 1', 'queued 2 1']);
      expect(test.house.incidents.counts()).toEqual({});
    },
  );

  it('of a clean session give a message once, at the highest QoS', async () => {
    test = await startBroker();
    const device = await test.connect('device');
    await device.mqtt.subscribeAsync('o/a', { qos: 0 });
    await device.mqtt.subscribeAsync('o/+', { qos: 1 });
    await publish('o/a', 'm');
    await publish('o/b', 'end');
    await device.got(2);
    expect(device.received.map(({ text, qos }) => `${text} ${qos}`)).toEqual(['m 1', 'end 1']);
    await device.mqtt.unsubscribeAsync('o/+');
    await publish('o/a', 'alone');
    expect((await device.got(3))[2]).toMatchObject({ text: 'alone', qos: 0 });
  });

  it('give a retained message once for each of them, at its own QoS', async () => {
    test = await startBroker();
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('r/a', 'kept', { qos: 1, retain: true });
    const device = await test.connect('device', AWAY);
    await device.mqtt.subscribeAsync({ 'r/a': { qos: 0 }, 'r/#': { qos: 1 } });
    await device.got(2);
    await device.mqtt.subscribeAsync('r/+', { qos: 0 });
    await device.got(3);
    expect(device.received.map(({ retain, qos }) => [retain, qos])).toEqual([
      [true, 0],
      [true, 1],
      [true, 0],
    ]);
  });
});

/** A bridge of mosquitto's, by its level of 0x84: it does not want its own messages back. */
async function bridge(id: string): Promise<net.Socket> {
  const socket = await test.dial();
  socket.write(connectPacket(id, 0x84, 0));
  await once(socket, 'data');
  return socket;
}

/** Sends a packet and waits for an answer. */
async function ask(socket: net.Socket, bytes: Buffer): Promise<Buffer> {
  socket.write(bytes);
  return ((await once(socket, 'data')) as [Buffer])[0];
}

const publish1 = (topic: string, id: number, text: string, header = 0x32): Buffer =>
  packet(header, field(topic), Buffer.from([0, id]), Buffer.from(text));

describe('a bridge', () => {
  it('does not find its own messages in its queue, and loses none of others for them', async () => {
    test = await startBroker({ maxQueuedMessages: 3 });
    const first = await bridge('bridge');
    await ask(first, subscribePacket('own', 1));
    for (let id = 1; id <= 5; id++) await ask(first, publish1('own', id, 'mine'));
    first.destroy();
    await test.restart();
    await publish('own', 'theirs 1', 'theirs 2');
    const back = await test.dial();
    let got = '';
    back.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1');
    });
    back.write(connectPacket('bridge', 0x84, 0));
    await expect.poll(() => got).toContain('theirs 2');
    expect(got).toContain('theirs 1');
    expect(got).not.toContain('mine');
    expect(test.house.incidents.counts()).toEqual({});
    back.destroy();
  });

  it('gets a retained message of others once, though it is told that it is one', async () => {
    test = await startBroker();
    const first = await bridge('bridge');
    await ask(first, subscribePacket('sign', 1));
    const sender = await test.connect('sender');
    const coming = once(first, 'data') as Promise<[Buffer]>;
    await sender.mqtt.publishAsync('sign', 'open', { qos: 1, retain: true });
    const [delivered] = await coming;
    expect(delivered[0]).toBe(0x33);
    const number = delivered.subarray(8, 10);
    first.write(packet(0x40, number));
    await ask(first, Buffer.from([0xc0, 0]));
    first.destroy();
    const back = await test.dial();
    back.write(connectPacket('bridge', 0x84, 0));
    const answers: Buffer[] = [];
    back.on('data', (chunk: Buffer) => answers.push(chunk));
    back.write(Buffer.from([0xc0, 0]));
    await expect.poll(() => Buffer.concat(answers).toString('hex')).toBe('20020100d000');
    back.destroy();
  });

  it('may say whether it is connected, at its own topic below $SYS', async () => {
    test = await startBroker();
    const state = '$SYS/broker/connection/pi.bridge/state';
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('$SYS/broker/#');
    const client = await test.connect('bridge', {
      will: { topic: state, payload: Buffer.from('0'), qos: 1, retain: true },
    });
    await client.mqtt.publishAsync(state, '1', { qos: 1, retain: true });
    expect((await watcher.got(1)).map(({ topic, text }) => `${topic}=${text}`)).toEqual([`${state}=1`]);
  });
});

describe('the queues of clients that are away', () => {
  it('hold so many bytes together, of which one client has a quarter at most', async () => {
    test = await startBroker({ maxQueuedBytes: 8000 });
    await subscribeAndLeave('one', 1, 'a');
    await subscribeAndLeave('other', 1, 'b');
    const kilobyte = 'x'.repeat(900);
    await publish('a', kilobyte, kilobyte, kilobyte);
    await publish('b', kilobyte);
    const one = await test.connect('one', AWAY);
    const other = await test.connect('other', AWAY);
    await one.got(1);
    await other.got(1);
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TOO_SLOW': 2 });
    expect(one.received.length).toBe(1);
  });
});
