import type { IClientPublishOptions } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NAMES, type Name, Rooms, SOON } from '../clients/rooms.ts';

// Three gateways, which know one another by a real NATS server only: what a channel retains is the same at all of them.

let rooms: Rooms;

beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(() => rooms.close());

/** What a gateway says that a channel retains. */
async function retained(name: Name, channel: string): Promise<string | undefined> {
  const found = await rooms.get(name, `/api/v1/channels/${encodeURIComponent(channel)}`);
  return (found as { retained?: { body?: string } }).retained?.body;
}

/** Waits until gateways say that a channel retains the same. */
async function allRetain(channel: string, what: string | undefined, names: readonly Name[] = NAMES): Promise<void> {
  const all = () => Promise.all(names.map((name) => retained(name, channel)));
  await expect.poll(all, SOON).toEqual(names.map(() => what));
}

let count = 0;
async function keep(name: Name, topic: string, text: string, options: IClientPublishOptions = {}): Promise<void> {
  const { client } = await rooms.mqtt(name, `keeper-${++count}`);
  await client.publishAsync(topic, text, { qos: 1, retain: true, ...options });
}

test('what MQTT retains in one room is there for who subscribes later in another, by each protocol, until it is removed', async () => {
  await keep('kitchen', 'lamp/state', '{"on":true}');
  await allRetain('lamp/state', '{"on":true}');
  const late = await rooms.mqtt('hall', 'late', ['lamp/#']);
  const old = await rooms.mqtt('attic', 'old', ['lamp/state'], { protocolVersion: 4 });
  const program = await rooms.oocsi('hall', 'late-program');
  program.send('subscribe lamp/state');
  const device = await rooms.frames('attic', 'late-device');
  await device.take('welcome');
  device.say({ type: 'alias', alias: 5, channel: 'lamp/state', flags: 1 });
  await expect.poll(() => late.heard, SOON).toEqual(['lamp/state {"on":true}']);
  await expect.poll(() => old.heard, SOON).toEqual(['lamp/state {"on":true}']);
  expect(await program.take('lamp/state')).toMatchObject({ on: true, sender: 'keeper-1' });
  expect((await device.take('sequenced')).frame).toMatchObject({ to: 5, value: new Map([['on', true]]) });
  const { client } = await rooms.mqtt('attic', 'remover');
  await client.publishAsync('lamp/state', '', { qos: 1, retain: true });
  await allRetain('lamp/state', undefined);
  const later = await rooms.mqtt('hall', 'later', ['lamp/#']);
  await later.client.subscribeAsync('other');
  expect(later.heard).toEqual([]);
});

test('what MQTT 5 says of a message, its QoS and when it expires come along', async () => {
  const properties = { contentType: 'image/png', userProperties: { room: 'kitchen' }, messageExpiryInterval: 1000 };
  await keep('kitchen', 'icons/a', 'not text', { qos: 2, properties });
  await keep('kitchen', 'icons/b', 'short', { qos: 0, properties: { messageExpiryInterval: 6 } });
  await allRetain('icons/b', 'short', ['hall']);
  const { client } = await rooms.mqtt('hall', 'painter');
  const packet = new Promise<Record<string, unknown>>((resolve) => {
    client.on('packetreceive', (received) => received.cmd === 'publish' && resolve(received as never));
  });
  await client.subscribeAsync('icons/a', { qos: 2 });
  const {
    properties: heard,
    qos,
    retain,
  } = (await packet) as { properties: typeof properties; qos: number; retain: boolean };
  expect([qos, retain, heard.contentType, { ...heard.userProperties }]).toEqual([
    ...[2, true, 'image/png'],
    { room: 'kitchen' },
  ]);
  expect(heard.messageExpiryInterval).toBeGreaterThan(900);
  expect(heard.messageExpiryInterval).toBeLessThanOrEqual(1000);
  await allRetain('icons/b', undefined);
});

test('what an OOCSI program retains is elsewhere, too, and the next message ends it everywhere, whoever sends it', async () => {
  const program = await rooms.oocsi('attic', 'keeper-program');
  program.send('sendraw sign {"text":"open","_RETAIN":600}');
  await allRetain('sign', '{"text":"open","_RETAIN":600}');
  const late = await rooms.mqtt('kitchen', 'sign-reader', ['sign']);
  await expect.poll(() => late.heard, SOON).toEqual(['sign {"text":"open","_RETAIN":600}']);
  const { client } = await rooms.mqtt('hall', 'sign-writer');
  await client.publishAsync('sign', '{"text":"closed"}');
  await allRetain('sign', undefined);
});

test('the last values of fields that are kept are those of all rooms', async () => {
  const knob = await rooms.oocsi('kitchen', 'knob');
  knob.send('sendraw knobs {"left":1,"_RETAIN":"keep"}');
  await allRetain('knobs', '{"left":1}');
  const slider = await rooms.oocsi('hall', 'slider');
  slider.send('sendraw knobs {"right":2,"_RETAIN":"keep"}');
  await allRetain('knobs', '{"left":1,"right":2}');
  const other = await rooms.oocsi('attic', 'other-knob');
  other.send('sendraw knobs {"left":3,"unkept":4}');
  await allRetain('knobs', '{"left":3,"right":2}');
});

test('what was retained at both sides of a cut is the same everywhere afterwards: the later one', async () => {
  await keep('kitchen', 'cut/a', 'before');
  await keep('kitchen', 'cut/gone', 'before');
  await allRetain('cut/a', 'before');
  await allRetain('cut/gone', 'before');
  const status = async () => JSON.parse((await rooms.at('kitchen').run(['cluster', 'status', '--json'])).out).retained;
  // Others may have it before the servers have told so the gateway that it is from.
  await expect.poll(status, SOON).toMatchObject({ waiting: 0 });
  await rooms.way('kitchen').cut();
  await keep('hall', 'cut/a', 'hall');
  await keep('hall', 'cut/gone', '');
  await keep('hall', 'cut/b', 'hall');
  await allRetain('cut/b', 'hall', ['hall', 'attic']);
  // The room that is cut off goes on with what it has.
  await allRetain('cut/gone', 'before', ['kitchen']);
  await keep('kitchen', 'cut/a', 'kitchen');
  await keep('kitchen', 'cut/b', '');
  await keep('kitchen', 'cut/c', 'kitchen');
  expect(await status()).toMatchObject({ waiting: 2, oldestMs: expect.any(Number), leftOut: 0, fault: null });
  const said = await rooms.at('kitchen').run(['cluster', 'status']);
  expect(said.out).toMatch(/^2 retained messages to tell the others of since \d{4}-/m);
  await rooms.way('kitchen').mend();
  await allRetain('cut/a', 'kitchen');
  await allRetain('cut/gone', undefined);
  await allRetain('cut/b', 'hall');
  await allRetain('cut/c', 'kitchen');
  await expect.poll(status, SOON).toMatchObject({ waiting: 0, oldestMs: null });
});

test('what is retained stays when the gateway that took it is gone, and when the others start again', async () => {
  await keep('kitchen', 'stays/a', 'kitchen');
  await keep('kitchen', 'stays/b', 'kitchen');
  await allRetain('stays/a', 'kitchen');
  await allRetain('stays/b', 'kitchen');
  const [kitchen, hall] = [rooms.at('kitchen'), rooms.at('hall')];
  await kitchen.stop();
  await hall.stop();
  await keep('attic', 'stays/b', 'attic');
  const cluster = (name: Name) => ({ cluster: { servers: [rooms.way(name).url], gateway: name } });
  // Without a link it has what it had.
  await rooms.way('hall').cut();
  await hall.start(cluster('hall'));
  expect([await retained('hall', 'stays/a'), await retained('hall', 'stays/b')]).toEqual(['kitchen', 'kitchen']);
  const late = await rooms.mqtt('hall', 'after-restart', ['stays/a']);
  await expect.poll(() => late.heard, SOON).toEqual(['stays/a kitchen']);
  await rooms.way('hall').mend();
  await allRetain('stays/b', 'attic', ['hall', 'attic']);
  await kitchen.start(cluster('kitchen'));
  await allRetain('stays/a', 'kitchen');
  await allRetain('stays/b', 'attic');
  await keep('hall', 'stays/a', '');
  await allRetain('stays/a', undefined);
});
