import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hub } from '../../../src/hub/hub.ts';
import { message, startBroker, type TestBroker } from '../../mqtt-engine/support.ts';

let test: TestBroker;
let hub: Hub;
beforeEach(async () => {
  test = await startBroker();
  hub = test.house.hub;
});
afterEach(async () => {
  await test.close();
});

/** A client of another protocol, subscribed to `channels`. */
function join(id: string, ...channels: string[]): MemorySession {
  const session = new MemorySession(id);
  hub.join(session);
  for (const channel of channels) hub.subscribe(session, channel);
  return session;
}

describe('a topic and the channel of its name', () => {
  it('carry what MQTT clients publish to the subscribers on other wires', async () => {
    const python = join('python', 'room/1');
    const sensor = await test.connect('sensor');
    await sensor.mqtt.publishAsync('room/1', '{"t": 21.0}', { qos: 1 });
    await sensor.mqtt.publishAsync('room/2', 'not for python', { qos: 1 });
    await sensor.mqtt.publishAsync('room/1', Buffer.from([0xff]), { qos: 2 });
    expect(python.received.map(({ from, to, kind }) => ({ from, to, kind }))).toEqual([
      { from: 'sensor', to: 'room/1', kind: 'dict' },
      { from: 'sensor', to: 'room/1', kind: 'bytes' },
    ]);
    expect(python.received[0]?.text).toBe('{"t": 21.0}');
  });

  it('carry what others send to MQTT clients, once, at their QoS', async () => {
    join('python');
    const plain = await test.connect('plain');
    await plain.mqtt.subscribeAsync('led');
    const sure = await test.connect('sure');
    await sure.mqtt.subscribeAsync({ 'le/#': { qos: 0 }, '+': { qos: 2 } });
    expect(hub.send(message({ to: 'led', body: 'on' }))).toMatchObject({ delivered: 2 });
    expect(hub.send(message({ to: 'nobody/here', body: 'on' }))).toMatchObject({
      delivered: 0,
      reason: 'no_recipient',
    });
    expect(await plain.got(1)).toMatchObject([{ topic: 'led', text: 'on', qos: 0, retain: false }]);
    expect(await sure.got(1)).toMatchObject([{ topic: 'led', text: 'on', qos: 1 }]);
    expect(hub.members('led')).toEqual(['plain']);
  });

  it('do not send a message back into the hub', async () => {
    const python = join('python', 'led');
    const other = join('other', 'led');
    const plain = await test.connect('plain');
    await plain.mqtt.subscribeAsync('led');
    hub.send(message({ from: 'python', to: 'led' }));
    await plain.got(1);
    expect(other.received).toHaveLength(1);
    expect(python.received).toHaveLength(0);
  });

  it('are no longer joined when the client unsubscribes or goes', async () => {
    const plain = await test.connect('plain');
    await plain.mqtt.subscribeAsync(['led', 'fan', 'all/#']);
    await plain.mqtt.unsubscribeAsync('led');
    expect(hub.send(message({ to: 'led' })).delivered).toBe(0);
    expect(hub.send(message({ to: 'fan' })).delivered).toBe(1);
    expect(hub.send(message({ to: 'all/1' })).delivered).toBe(1);
    await plain.mqtt.endAsync();
    await gone('plain');
    expect(hub.send(message({ to: 'fan' })).delivered).toBe(0);
    expect(hub.send(message({ to: 'all/1' })).delivered).toBe(0);
  });

  it('keep a retained MQTT message for later subscribers on other wires, and an empty one ends it', async () => {
    const sensor = await test.connect('sensor');
    await sensor.mqtt.publishAsync('room', '21', { qos: 1, retain: true });
    expect(join('python', 'room').received.map(({ text }) => text)).toEqual(['21']);
    await sensor.mqtt.publishAsync('room', '', { qos: 1, retain: true });
    expect(join('other', 'room').received).toEqual([]);
  });

  it('keep what the hub retains for later MQTT subscribers, until its time is over', async () => {
    join('python');
    hub.send(message({ to: 'room', body: '21' }), { retainMs: 60_000 });
    const reader = await test.connect('reader');
    // What is acknowledged is on disk, and so is everything before it.
    await reader.mqtt.publishAsync('other', '1', { qos: 1, retain: true });
    await reader.mqtt.subscribeAsync('room');
    expect(await reader.got(1)).toMatchObject([{ text: '21', retain: true }]);
    test.house.clock.advance(61_000);
    await reader.mqtt.unsubscribeAsync('room');
    await reader.mqtt.subscribeAsync('room');
    hub.send(message({ to: 'room', body: 'live' }));
    await reader.got(2);
    expect(reader.lines).toEqual(['room=21', 'room=live']);
  });

  it('do not carry a channel that is no topic', async () => {
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync('#');
    for (const to of ['$SYS/x', 'a/#', 'a+b/+', 'nul\0']) {
      expect(hub.send(message({ to }), { retainMs: 1000 }).delivered).toBe(0);
    }
    hub.send(message({ to: 'end' }));
    await reader.got(1);
    expect(reader.lines).toEqual(['end=on']);
  });

  it('carry a last will to other wires', async () => {
    const python = join('python', 'wills');
    const rude = await test.connect('rude', { will: { topic: 'wills', payload: Buffer.from('gone'), qos: 0 } });
    const left = gone('rude');
    rude.mqtt.stream.destroy();
    await left;
    await expect
      .poll(() => python.received.map(({ from, text }) => ({ from, text })))
      .toEqual([{ from: 'rude', text: 'gone' }]);
  });
});

describe('direct messages', () => {
  it('reach an MQTT client on its inbox', async () => {
    join('a/b');
    const device = await test.connect('device');
    await device.mqtt.subscribeAsync('$direct/device/#', { qos: 1 });
    expect(hub.send(message({ from: 'a/b', to: 'device', body: 'hello' }))).toMatchObject({ delivered: 1 });
    expect(await device.got(1)).toMatchObject([{ topic: '$direct/device/a%2Fb', text: 'hello', qos: 1 }]);
  });

  it('reach an MQTT client on the topic of its name where it has no inbox, and nobody else', async () => {
    join('python');
    const device = await test.connect('device');
    await device.mqtt.subscribeAsync('device');
    const other = await test.connect('other');
    await other.mqtt.subscribeAsync('#');
    expect(hub.send(message({ to: 'device', body: 'hello' }))).toMatchObject({ delivered: 1 });
    hub.send(message({ to: 'end' }));
    await other.got(1);
    expect(other.lines).toEqual(['end=on']);
    await device.got(1);
    expect(device.lines).toEqual(['device=hello']);
  });

  it('to an MQTT client that reads neither are reported as not delivered', async () => {
    join('python');
    await test.connect('device');
    expect(hub.send(message({ to: 'device' }))).toMatchObject({ delivered: 0, refused: 1, reason: 'closed' });
  });

  it('of an MQTT client reach clients of other protocols and of its own, from its own name', async () => {
    const python = join('py/thon');
    const device = await test.connect('dev/ice');
    const peer = await test.connect('peer');
    await peer.mqtt.subscribeAsync('$direct/peer/#');
    const simple = await test.connect('simple');
    await simple.mqtt.subscribeAsync('simple');
    await device.mqtt.publishAsync('$direct/py%2Fthon', 'to python', { qos: 1, retain: true });
    await device.mqtt.publishAsync('$direct/peer', 'to peer', { qos: 1 });
    await device.mqtt.publishAsync('$direct/simple', 'to simple', { qos: 1 });
    expect(python.received.map(({ from, to, text }) => ({ from, to, text }))).toEqual([
      { from: 'dev/ice', to: 'py/thon', text: 'to python' },
    ]);
    expect(await peer.got(1)).toMatchObject([{ topic: '$direct/peer/dev%2Fice', text: 'to peer', retain: false }]);
    await simple.got(1);
    expect(simple.lines).toEqual(['simple=to simple']);
  });
});

describe('presence', () => {
  it('shows every known client to a new subscriber, then who comes and goes', async () => {
    join('python');
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('$presence/#');
    const known = await watcher.got(2);
    expect(known.map(({ topic, retain }) => ({ topic, retain }))).toEqual([
      { topic: '$presence/python', retain: true },
      { topic: '$presence/watcher', retain: true },
    ]);
    const since = test.house.clock.now();
    expect(JSON.parse(known[0]?.text ?? '')).toEqual({ status: 'online', protocol: 'oocsi', since });
    const visitor = join('a/b');
    hub.leave(visitor, 'left');
    const all = await watcher.got(4);
    expect(all.slice(2)).toMatchObject([
      { topic: '$presence/a%2Fb', retain: false },
      { topic: '$presence/a%2Fb', retain: false },
    ]);
    expect(all.slice(2).map(({ text }) => JSON.parse(text).status)).toEqual(['online', 'offline']);
  });

  it('shows one client to a subscriber of that one, also while it is away', async () => {
    hub.leave(join('a/b'), 'left');
    join('python');
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync(['$presence/a%2Fb', '$presence/nobody']);
    await watcher.got(1);
    expect(watcher.received).toMatchObject([{ topic: '$presence/a%2Fb', retain: true }]);
    expect(JSON.parse(watcher.received[0]?.text ?? '')).toMatchObject({ status: 'offline' });
  });

  it('shows MQTT clients to the hub', async () => {
    const device = await test.connect('device');
    expect(hub.client('device')).toMatchObject({ protocol: 'mqtt', online: true });
    await device.mqtt.endAsync();
    expect(await gone('device')).toBe('left');
    expect(hub.client('device')).toMatchObject({ online: false });
  });
});

/** Waits until the client has left the hub; why it did. */
async function gone(id: string): Promise<string> {
  if (!hub.session(id)) return 'left';
  return await new Promise((resolve) => {
    const stop = hub.events.on('leave', (left, _, reason) => {
      if (left !== id) return;
      stop();
      resolve(reason);
    });
  });
}
