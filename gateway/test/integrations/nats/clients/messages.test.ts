import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rooms, SOON } from './rooms.ts';

// A message to a client of another gateway goes there, by every protocol, and its sender is told what became of it.

let rooms: Rooms;
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(() => rooms.close());

test('a message to an id crosses from and to every protocol, and goes to that client alone', async () => {
  const mqtt = await rooms.mqtt('hall', 'm-mqtt', ['m-mqtt']);
  const oocsi = await rooms.oocsi('kitchen', 'm-oocsi');
  const crosscomm = await rooms.crosscomm('attic', 'm-crosscomm');
  const heard: string[] = [];
  crosscomm.messageListener({}, ({ fromClientId, content }) => {
    heard.push(`${fromClientId} ${JSON.stringify(content)}`);
  });
  const device = await rooms.frames('hall', 'm-frames');
  await device.take('welcome');
  const stranger = await rooms.mqtt('attic', 'stranger', ['#']);
  for (const [id, at] of [
    ['m-mqtt', 'hall'],
    ['m-oocsi', 'kitchen'],
    ['m-crosscomm', 'attic'],
    ['m-frames', 'hall'],
  ] as const) {
    await rooms.settled(id, at);
  }
  expect(await crosscomm.send('m-mqtt', { n: 1 })).toMatchObject({ delivered: 1, refused: 0 });
  await expect.poll(() => mqtt.heard, SOON).toEqual(['m-mqtt {"n":1}']);
  expect(await crosscomm.send('m-oocsi', { n: 2 })).toMatchObject({ delivered: 1 });
  expect(await oocsi.takeLine((line) => line.includes('"n":2'))).toContain('"sender":"m-crosscomm"');
  expect(await crosscomm.send('m-frames', { n: 3 })).toMatchObject({ delivered: 1 });
  expect(await device.take('sequenced')).toMatchObject({ frame: { type: 'message', to: null, from: 'm-crosscomm' } });
  oocsi.send('sendraw m-crosscomm {"n":4}');
  await expect.poll(() => heard, SOON).toEqual(['m-oocsi {"n":4}']);
  await mqtt.client.publishAsync('m-crosscomm', '{"n":5}', { qos: 1 });
  await expect.poll(() => heard, SOON).toEqual(['m-oocsi {"n":4}', 'm-mqtt {"n":5}']);
  await mqtt.client.publishAsync('$direct/m-crosscomm', '{"n":6}');
  await expect.poll(() => heard.at(-1), SOON).toBe('m-mqtt {"n":6}');
  device.say({ type: 'message', to: 'm-crosscomm', value: new Map([['n', 7]]) });
  await expect.poll(() => heard.at(-1), SOON).toBe('m-frames {"n":7}');
  const sent = await fetch(`${rooms.at('hall').url}/send/m-crosscomm`, {
    method: 'POST',
    body: '{"sender":"shell","n":8}',
  });
  expect(await sent.json()).toMatchObject({ delivered: 1, refused: 0, reason: null });
  await expect.poll(() => heard.at(-1), SOON).toBe('shell {"n":8}');
  // Of what is for one client, MQTT clients of its sender's own gateway see what another MQTT client publishes.
  expect(stranger.heard).toEqual([]);
  await stranger.client.endAsync();
});

test('the receipt of a message to a client whose gateway does not answer says so', async () => {
  const crosscomm = await rooms.crosscomm('attic', 'r-sender');
  await rooms.oocsi('hall', 'r-away');
  await rooms.settled('r-away', 'hall');
  rooms.way('hall').blacken();
  const delivery = await crosscomm.send('r-away', { n: 1 });
  expect(delivery).toMatchObject({ delivered: 0, reason: 'timeout' });
  await expect.poll(async () => (await rooms.online('attic'))['r-away'], SOON).toBeUndefined();
  expect(await crosscomm.send('r-away', { n: 2 })).toMatchObject({ delivered: 0, reason: 'no_recipient' });
  await rooms.way('hall').mend();
  await rooms.settled('r-away', 'hall');
  expect(await crosscomm.send('r-away', { n: 3 })).toMatchObject({ delivered: 1 });
});
