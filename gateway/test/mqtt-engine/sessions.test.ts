import { once } from 'node:events';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerDb } from '../../src/mqtt-engine/store/disk.ts';
import { connectPacket, field, message, packet, startBroker, type TestBroker, withWrites } from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

const AWAY = { clean: false } as const;

/** Lets a client subscribe and go away. */
async function subscribeAndLeave(id: string, ...filters: string[]): Promise<void> {
  const client = await test.connect(id, AWAY);
  await client.mqtt.subscribeAsync(filters, { qos: 2 });
  await client.mqtt.endAsync();
}

describe('a persistent session', () => {
  it('gets what was published while it was away, in order, also when the gateway began anew meanwhile', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 'a/#', 'a/b');
    const before = await test.connect('before');
    for (let count = 0; count < 20; count++) await before.mqtt.publishAsync('a/b', String(count), { qos: 1 });
    await test.restart();
    const after = await test.connect('after');
    for (let count = 20; count < 40; count++) await after.mqtt.publishAsync('a/b', String(count), { qos: 1 });
    const device = await test.connect('device', AWAY);
    await device.got(40);
    expect(device.received.map(({ text }) => Number(text))).toEqual(Array.from({ length: 40 }, (_, index) => index));
    await after.mqtt.publishAsync('a/c', 'live', { qos: 1 });
    await device.got(41);
    expect(device.lines[40]).toBe('a/c=live');
  });

  it('does not get again what it has acknowledged', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 't');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('t', '1', { qos: 2 });
    const device = await test.connect('device', AWAY);
    await device.got(1);
    await sender.mqtt.publishAsync('t', '2', { qos: 1 });
    await device.got(2);
    await device.mqtt.endAsync();
    await test.restart();
    const later = await test.connect('later');
    const back = await test.connect('device', AWAY);
    await later.mqtt.publishAsync('t', '3', { qos: 1 });
    await back.got(1);
    expect(back.lines).toEqual(['t=3']);
  });

  it('gets each message once, though it comes back while more are published', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 't');
    const sender = await test.connect('sender');
    let sent = 0;
    for (let round = 0; round < 5; round++) {
      const published: Promise<unknown>[] = [];
      const publish = (): unknown => published.push(sender.mqtt.publishAsync('t', String(sent++), { qos: 1 }));
      const first = sent;
      for (let count = 0; count < 100; count++) publish();
      let isBack = false;
      const coming = test.connect('device', AWAY).finally(() => {
        isBack = true;
      });
      while (!isBack) {
        publish();
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let count = 0; count < 100; count++) publish();
      await Promise.all(published);
      const device = await coming;
      const distinct = (): Set<string> => new Set(device.lines);
      while (distinct().size < sent - first) await device.got(device.received.length + 1);
      // Whatever was still on its way comes before this.
      await sender.mqtt.publishAsync('t', 'last', { qos: 1 });
      while (!distinct().has('t=last')) await device.got(device.received.length + 1);
      await device.mqtt.endAsync();
      const got = device.received.filter(({ text }) => text !== 'last').map(({ text }) => Number(text));
      expect(got.sort((a, b) => a - b)).toEqual(Array.from({ length: sent - first }, (_, index) => first + index));
    }
  });

  it('outlives one of two subscriptions that match the same topic', async () => {
    test = await startBroker();
    const device = await test.connect('device', AWAY);
    await device.mqtt.subscribeAsync('a/#', { qos: 1 });
    await device.mqtt.subscribeAsync('a/b', { qos: 1 });
    await device.mqtt.unsubscribeAsync('a/#');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('a/b', 'live', { qos: 1 });
    await device.got(1);
    await device.mqtt.endAsync();
    await sender.mqtt.publishAsync('a/b', 'queued', { qos: 1 });
    const back = await test.connect('device', AWAY);
    await back.got(1);
    expect([...device.lines, ...back.lines]).toEqual(['a/b=live', 'a/b=queued']);
  });

  it('keeps channel and direct messages of other protocols', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 'led', '$direct/device/#');
    test.house.hub.join(new MemorySession('python'));
    expect(test.house.hub.send(message({ to: 'led', body: 'channel' })).delivered).toBe(1);
    expect(test.house.hub.send(message({ to: 'device', body: 'direct' })).delivered).toBe(1);
    const device = await test.connect('device', AWAY);
    await device.got(2);
    expect(device.lines).toEqual(['led=channel', '$direct/device/python=direct']);
  });

  it('keeps at most so many messages, and says so', async () => {
    test = await startBroker({ maxQueuedMessages: 3 });
    await subscribeAndLeave('device', 't');
    const sender = await test.connect('sender');
    for (let count = 0; count < 5; count++) await sender.mqtt.publishAsync('t', String(count), { qos: 1 });
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TOO_SLOW': 2 });
    await test.restart();
    const again = await test.connect('again');
    await again.mqtt.publishAsync('t', 'still full', { qos: 1 });
    const device = await test.connect('device', AWAY);
    await device.got(3);
    await again.mqtt.publishAsync('t', 'room again', { qos: 1 });
    await device.got(4);
    expect(device.received.map(({ text }) => text)).toEqual(['0', '1', '2', 'room again']);
  });

  it('ends when the client comes with a clean one', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 't');
    await (await test.connect('device')).mqtt.endAsync();
    expect(test.house.hub.send(message({ to: 't' })).delivered).toBe(0);
  });
});

/** The database, with `before` at the beginning of each write. */
function beforeEachWrite(before: () => Promise<void>): (db: BrokerDb) => BrokerDb {
  return withWrites((write) => before().then(write));
}

describe('a message that was not acknowledged', () => {
  it('comes again as a duplicate, one that was never sent does not', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 't');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('t', '1', { qos: 1 });
    expect(await publishedTo('device', 1)).toEqual([0x32]);
    await sender.mqtt.publishAsync('t', '2', { qos: 1 });
    expect(await publishedTo('device', 2)).toEqual([0x3a, 0x32]);
    expect(await publishedTo('device', 2)).toEqual([0x3a, 0x3a]);
  });
});

/** The first bytes of the first PUBLISH packets, of eight bytes each, that a client gets which acknowledges nothing. */
async function publishedTo(id: string, count: number): Promise<number[]> {
  const socket = await test.dial();
  socket.write(connectPacket(id, 4, 0));
  const CONNACK_BYTES = 4;
  let bytes = Buffer.alloc(0);
  while (bytes.length < CONNACK_BYTES + 8 * count) {
    bytes = Buffer.concat([bytes, ((await once(socket, 'data')) as [Buffer])[0]]);
  }
  const gone = once(socket, 'close');
  socket.destroy();
  await gone;
  return Array.from({ length: count }, (_, i) => bytes[CONNACK_BYTES + 8 * i] ?? 0);
}

describe('a retained message that is still being written', () => {
  it('reaches a subscriber who comes meanwhile once', async () => {
    let write = () => {};
    let disk = Promise.resolve();
    test = await startBroker(
      {},
      beforeEachWrite(() => disk),
    );
    const sender = await test.connect('sender');
    disk = new Promise((resolve) => {
      write = resolve;
    });
    test.house.hub.join(new MemorySession('python'));
    const published = sender.mqtt.publishAsync('room', '21', { qos: 1, retain: true });
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync(['room', 'end']);
    test.house.hub.send(message({ to: 'end', body: '' }));
    await reader.got(2);
    expect(reader.lines).toEqual(['room=21', 'end=']);
    write();
    await published;
    test.house.hub.send(message({ to: 'end', body: '' }));
    await reader.got(3);
    expect(reader.lines).toEqual(['room=21', 'end=', 'end=']);
  });

  it('of another wire is the hub’s to keep: a subscriber who comes meanwhile gets it once, and none of it is written here', async () => {
    test = await startBroker();
    test.house.hub.join(new MemorySession('python'));
    const away = await test.connect('away', { clean: false });
    await away.mqtt.subscribeAsync('room', { qos: 1 });
    test.house.hub.send(message({ to: 'room', body: '21' }), { retainMs: 60_000 });
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync(['room', 'end']);
    test.house.hub.send(message({ to: 'end', body: '' }));
    await reader.got(2);
    expect(reader.lines.sort()).toEqual(['end=', 'room=21']);
    expect((await test.keys()).filter((key) => key.startsWith('retained:'))).toEqual([]);
  });
});

describe('a message of QoS 1', () => {
  it('is acknowledged only when it is on disk for whoever is away', async () => {
    let fail = false;
    const disk = () => (fail ? Promise.reject(new Error('disk full')) : Promise.resolve());
    test = await startBroker({}, beforeEachWrite(disk));
    await subscribeAndLeave('device', 't');
    const sender = await test.connect('sender');
    fail = true;
    await sender.mqtt.publishAsync('other', 'nobody is away', { qos: 1 });
    const closed = new Promise<void>((resolve) => sender.mqtt.once('close', resolve));
    let isAcknowledged = false;
    sender.mqtt.publish('t', 'x', { qos: 1 }, (error) => {
      isAcknowledged = !error;
    });
    await closed;
    expect(isAcknowledged).toBe(false);
    fail = false;
    await expect.poll(() => test.house.hub.onlineCount).toBe(0);
  });
});

describe('a message of QoS 2', () => {
  it('that is sent again after the gateway began anew is published once', async () => {
    test = await startBroker();
    await subscribeAndLeave('device', 't');
    const publish = (header: number) => packet(header, field('t'), Buffer.from([0, 7]), Buffer.from('once'));
    const first = await test.dial();
    first.write(Buffer.concat([connectPacket('sender', 4, 0), publish(0x34)]));
    for (let bytes = 0; bytes < 8; ) bytes += ((await once(first, 'data')) as [Buffer])[0].length;
    first.destroy();
    await test.restart();
    const second = await test.dial();
    second.write(Buffer.concat([connectPacket('sender', 4, 0), publish(0x3c), packet(0x62, Buffer.from([0, 7]))]));
    for (let bytes = 0; bytes < 12; ) bytes += ((await once(second, 'data')) as [Buffer])[0].length;
    second.destroy();
    const device = await test.connect('device', AWAY);
    test.house.hub.send(message({ to: 't', body: 'end' }));
    await device.got(2);
    expect(device.lines.sort()).toEqual(['t=end', 't=once']);
  });
});

describe('after a restart', () => {
  it('retained messages are there, for clients of every protocol', async () => {
    test = await startBroker();
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('room', '21', { qos: 1, retain: true });
    await sender.mqtt.publishAsync('größe', '1', { qos: 2, retain: true });
    await test.restart();
    const python = new MemorySession('python');
    test.house.hub.join(python);
    test.house.hub.subscribe(python, 'room');
    expect(python.received.map(({ text }) => text)).toEqual(['21']);
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('#');
    await reader.got(2);
    expect(reader.lines.sort()).toEqual(['größe=1', 'room=21']);
  });

  it('the last wills of clients that were connected have been published', async () => {
    test = await startBroker();
    await test.connect('rude', { will: { topic: 'wills', payload: Buffer.from('gone'), qos: 1, retain: true } });
    await test.restart();
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('wills');
    expect(await reader.got(1)).toMatchObject([{ text: 'gone', retain: true }]);
  });
});
