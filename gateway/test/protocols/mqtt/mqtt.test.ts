import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectPacket, startBroker, subscribePacket, type TestBroker } from '../../mqtt-engine/support.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker();
});
afterEach(async () => {
  await test.close();
});

describe('MQTT clients among themselves', () => {
  it.each([0, 1, 2] as const)('exchange messages at QoS %i', async (qos) => {
    const reader = await test.connect('reader');
    const [grant] = await reader.mqtt.subscribeAsync('a/+', { qos });
    expect(grant?.qos).toBe(qos);
    const writer = await test.connect('writer');
    for (let count = 0; count < 50; count++) await writer.mqtt.publishAsync('a/b', String(count), { qos });
    const received = await reader.got(50);
    expect(received.map(({ text }) => Number(text))).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(new Set(received.map((each) => each.qos))).toEqual(new Set([qos]));
  });

  it('get no more than the QoS they asked for, with wildcards too', async () => {
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync({ 'x/#': { qos: 1 }, y: { qos: 0 } });
    const writer = await test.connect('writer');
    await writer.mqtt.publishAsync('x/1', '', { qos: 2 });
    await writer.mqtt.publishAsync('y', '', { qos: 2 });
    const received = await reader.got(2);
    expect(Object.fromEntries(received.map(({ topic, qos }) => [topic, qos]))).toEqual({ 'x/1': 1, y: 0 });
  });

  it('lose nothing where retained, acknowledged and plain messages are mixed', async () => {
    const reader = await test.connect('reader', { clean: false });
    await reader.mqtt.subscribeAsync('#', { qos: 2 });
    const writer = await test.connect('writer');
    const sent: Promise<unknown>[] = [];
    for (let count = 0; count < 300; count++) {
      const qos = (count % 3) as 0 | 1 | 2;
      sent.push(writer.mqtt.publishAsync(`t/${count % 5}`, String(count), { qos, retain: count % 4 === 0 }));
    }
    await Promise.all(sent);
    const received = await reader.got(300);
    expect(new Set(received.map(({ text }) => text)).size).toBe(300);
    for (const qos of [0, 1, 2]) {
      const order = received.filter((each) => each.qos === qos).map(({ text }) => Number(text));
      expect(order).toEqual([...order].sort((left, right) => left - right));
    }
  });

  it('get a message once, however many of their subscriptions match', async () => {
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync(['a/b', 'a/+', '#']);
    const writer = await test.connect('writer');
    await writer.mqtt.publishAsync('a/b', '1');
    await writer.mqtt.publishAsync('end', '2');
    await reader.got(2);
    expect(reader.lines).toEqual(['a/b=1', 'end=2']);
  });

  it('get a retained message when they subscribe, until an empty one takes it away', async () => {
    const writer = await test.connect('writer');
    await writer.mqtt.publishAsync('door/1', 'open', { retain: true, qos: 1 });
    await writer.mqtt.publishAsync('door/2', 'shut', { retain: true });
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('door/+', { qos: 1 });
    const received = await reader.got(2);
    expect(received.map(({ topic, retain, qos }) => ({ topic, retain, qos }))).toEqual([
      { topic: 'door/1', retain: true, qos: 1 },
      { topic: 'door/2', retain: true, qos: 0 },
    ]);
    await writer.mqtt.publishAsync('door/1', '', { retain: true, qos: 1 });
    const later = await test.connect('later');
    await later.mqtt.subscribeAsync(['door/1', 'door/2']);
    await later.got(1);
    expect(later.lines).toEqual(['door/2=shut']);
  });

  it('get the last will of one that goes without a goodbye, and none of one that says it', async () => {
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('wills/#', { qos: 1 });
    const polite = await test.connect('polite', { will: { topic: 'wills/polite', payload: Buffer.from('x'), qos: 0 } });
    await polite.mqtt.endAsync();
    const rude = await test.connect('rude', { will: { topic: 'wills/rude', payload: Buffer.from('x'), qos: 1 } });
    rude.mqtt.stream.destroy();
    await reader.got(1);
    expect(reader.lines).toEqual(['wills/rude=x']);
  });

  it('do not get what is published under $ by subscribing to everything', async () => {
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync(['#', '+/#', '+/reader/#', '+/+']);
    const writer = await test.connect('writer');
    await writer.mqtt.subscribeAsync(['$direct/writer/#', '$presence/writer']);
    await writer.mqtt.publishAsync('$direct/writer', 'secret', { qos: 1 });
    await writer.got(2);
    await writer.mqtt.publishAsync('end', '');
    await reader.got(1);
    expect(reader.lines).toEqual(['end=']);
  });

  it('do not wait for one that does not read', async () => {
    const deaf = await test.dial();
    deaf.write(Buffer.concat([connectPacket('deaf'), subscribePacket('#')]));
    await new Promise((resolve) => deaf.once('data', resolve));
    deaf.pause();
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('end', { qos: 1 });
    const writer = await test.connect('writer');
    const payload = Buffer.alloc(50_000);
    const publishing = (async () => {
      for (let count = 0; count < 400; count++) await writer.mqtt.publishAsync('big', payload, { qos: 1 });
      await writer.mqtt.publishAsync('end', 'reached', { qos: 1 });
    })();
    // The patience with a reader that was not slow before is on the clock of the test.
    while (reader.received.length === 0) {
      test.house.clock.advance(20);
      await new Promise(setImmediate);
    }
    await publishing;
    expect(reader.lines).toEqual(['end=reached']);
    expect(test.house.incidents.counts()['mqtt PEER_TOO_SLOW']).toBeGreaterThan(0);
    deaf.destroy();
  });
});
