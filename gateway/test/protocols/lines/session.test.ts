import { secretPassword } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession, MemoryWire } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { DeviceLog } from '../../../src/protocols/device-log.ts';
import { type LineDeviceOptions, LineDeviceSession } from '../../../src/protocols/lines/session.ts';

function plugIn(options: Partial<LineDeviceOptions> = {}, house = buildHouse()) {
  const wire = new MemoryWire();
  const deviceLog = new DeviceLog();
  const session = new LineDeviceSession(house, wire, {
    id: 'uno',
    channels: [],
    maxLineBytes: 200,
    deviceLog,
    ...options,
  });
  const python = new MemorySession('python');
  house.hub.join(python);
  const send = (to: string, body: string, kind: 'dict' | 'text' = 'dict') =>
    house.hub.send(new Message({ from: 'python', to, kind, body, timestampMs: 0 }));
  return { house, wire, session, deviceLog, python, send, faults: () => house.incidents.counts() };
}

test('a device is a client from the moment its port opens until it closes', () => {
  const { house, session } = plugIn({ channels: ['lights'] });
  session.start();
  expect(house.hub.client('uno')).toMatchObject({ protocol: 'serial', online: true, subscriptions: ['lights'] });
  session.disconnected();
  expect(house.hub.client('uno')).toMatchObject({ online: false });
});

test('a line without a recipient goes to the device’s own channel and does not come back', () => {
  const { house, python, session, wire } = plugIn();
  session.start();
  house.hub.subscribe(python, 'uno');
  session.receive('{"temperature":21.50}');
  session.receive('hello');
  session.receive('');
  expect(python.received.map(({ from, to, kind, body }) => ({ from, to, kind, body }))).toEqual([
    { from: 'uno', to: 'uno', kind: 'dict', body: '{"temperature":21.50}' },
    { from: 'uno', to: 'uno', kind: 'text', body: 'hello' },
  ]);
  expect(wire.written).toEqual([]);
});

test('a line with a recipient goes there, without saying so twice', () => {
  const { python, session } = plugIn();
  session.start();
  session.receive('{"to":"python","_MESSAGE_ID":"7","fahrenheit":68.0}');
  expect(python.received.map(({ to, body }) => ({ to, body }))).toEqual([
    { to: 'python', body: '{"_MESSAGE_ID":"7","fahrenheit":68.0}' },
  ]);
});

test('a message to the device is one line, which names the channel it came by', () => {
  const { send, session, wire } = plugIn({ channels: ['lights'] });
  session.start();
  expect(send('uno', '{"led":1}')).toMatchObject({ delivered: 1 });
  send('lights', '{"led":0}');
  send('lights', 'off', 'text');
  expect(wire.take()).toEqual(['{"from":"python","led":1}\n', '{"from":"python","to":"lights","led":0}\n', 'off\n']);
});

test('a line longer than the device may take is refused', () => {
  const { send, session, wire } = plugIn();
  session.start();
  expect(send('uno', 'x'.repeat(200), 'text')).toMatchObject({ delivered: 1 });
  expect(send('uno', 'x'.repeat(201), 'text')).toMatchObject({ delivered: 0, reason: 'too_large' });
  expect(send('uno', 'x'.repeat(1_000_000), 'text')).toMatchObject({ reason: 'too_large' });
  expect(wire.take()).toHaveLength(1);
});

test('a full queue refuses the message', () => {
  const { send, session, wire } = plugIn();
  session.start();
  wire.full = true;
  expect(send('uno', '{"led":1}')).toMatchObject({ delivered: 0, reason: 'queue_full' });
});

test('a device joins and leaves channels by asking the server', () => {
  const { house, session } = plugIn();
  session.start();
  session.receive('{"to":"server","subscribe":["lights","doors"]}');
  expect(house.hub.client('uno')?.subscriptions).toEqual(['lights', 'doors']);
  session.receive('{"to":"server","unsubscribe":"lights"}');
  expect(house.hub.client('uno')?.subscriptions).toEqual(['doors']);
});

test('what the server cannot understand is reported and nothing else', () => {
  const { faults, session } = plugIn();
  session.start();
  session.receive('{"to":"server","subscribe":[1]}');
  session.receive('{"to":"server","hello":true}');
  session.receive('{"to":"server","subscribe":[""]}');
  session.receive('{"to":"","a":1}');
  expect(faults()).toEqual({ 'serial PEER_MALFORMED': 2, 'serial PEER_BAD_NAME': 2 });
});

test('noise and endless lines are counted and kept in the device’s log, and sent to nobody', () => {
  const { deviceLog, faults, house, python, session } = plugIn();
  session.start();
  house.hub.subscribe(python, 'uno');
  session.receive('\u0000\ufffd\ufffd~');
  session.receiveTooLong(200);
  session.receive('ready');
  expect(python.received.map((message) => message.body)).toEqual(['ready']);
  expect(deviceLog.lines().map((line) => line.kind)).toEqual(['noise', 'too_long', 'line']);
  expect(faults()).toEqual({ 'serial PEER_MALFORMED': 1, 'serial PEER_LINE_TOO_LONG': 1 });
});

test('a first line that may be cut counts only if it is a JSON object', () => {
  const { deviceLog, house, python, session } = plugIn();
  session.start();
  house.hub.subscribe(python, 'uno');
  session.expectCutLine();
  session.receive('.5');
  session.receive('21.5');
  session.expectCutLine();
  session.receive('{"a":1}');
  expect(python.received.map((message) => message.body)).toEqual(['21.5', '{"a":1}']);
  expect(deviceLog.counts.line).toBe(3);
});

test('a device whose id is taken stays mute, and joins when the id is free', () => {
  const house = buildHouse();
  const holder = new MemorySession('uno', 'mqtt');
  house.hub.join(holder);
  const { deviceLog, faults, python, session, wire } = plugIn({}, house);
  house.hub.subscribe(python, 'uno');
  session.start();
  expect(session.state).toBe('refused');
  session.receive('hello');
  expect(python.received).toEqual([]);
  expect(deviceLog.counts.line).toBe(1);
  expect(wire.ended).toBeUndefined();
  expect(faults()).toEqual({ 'serial PEER_NAME_TAKEN': 1 });
  house.hub.leave(holder, 'left');
  session.tick(house.clock.monotonicMs() + 1000);
  expect(session.state).toBe('refused');
  session.tick(house.clock.monotonicMs() + 3000);
  expect(session.state).toBe('joined');
});

test('a device that may not join or may not have a name is refused with the reason’s code', () => {
  const house = buildHouse({ users: new Map([['uno', secretPassword()]]) });
  const uno = plugIn({}, house);
  uno.session.start();
  const all = plugIn({ id: 'all' }, house);
  all.session.start();
  expect(uno.faults()).toEqual({ 'serial PEER_NOT_ALLOWED': 1, 'serial PEER_BAD_NAME': 1 });
});

test('what the policy forbids is reported and not done', () => {
  const house = buildHouse();
  house.access.maySend = () => false;
  house.access.maySubscribe = () => false;
  const { faults, python, session } = plugIn({ channels: ['lights'] }, house);
  session.start();
  session.receive('{"to":"python","a":1}');
  expect(python.received).toEqual([]);
  expect(house.hub.client('uno')?.subscriptions).toEqual([]);
  expect(faults()).toEqual({ 'serial PEER_NOT_ALLOWED': 2 });
});

test('closing leaves the hub and ends the wire; later lines are ignored', () => {
  const { house, send, session, wire } = plugIn();
  session.start();
  session.close('shutdown');
  expect(wire.ended).toBeDefined();
  expect(house.hub.client('uno')?.online).toBe(false);
  session.receive('{"to":"python","a":1}');
  session.disconnected();
  expect(send('uno', '{"led":1}')).toMatchObject({ delivered: 0 });
});

test('random lines never throw', () => {
  const { session } = plugIn();
  session.start();
  const pieces = ['{', '}', '"to"', ':', '"server"', '"subscribe"', '[', ']', ',', 'x', '\\', '\u0000', '1e9'];
  let seed = 7;
  for (let round = 0; round < 3000; round++) {
    let line = '';
    for (let length = seed % 12; length >= 0; length--) {
      seed = (seed * 48271) % 2147483647;
      line += pieces[seed % pieces.length];
    }
    session.receive(line);
  }
  expect(session.state).toBe('joined');
});

test.each(['', 'a\nb', 'a\0', '\ud83d', 'x'.repeat(1025)])(
  'a line to %.20j, which is no name, reaches nobody',
  (to) => {
    const { faults, house, python, session } = plugIn();
    session.start();
    house.hub.subscribe(python, '#');
    session.receive(JSON.stringify({ to, n: 1 }));
    session.receive('{"to":"fine","n":2}');
    expect(python.received.map((message) => message.to)).toEqual(['fine']);
    expect(faults()).toEqual({ 'serial PEER_BAD_NAME': 1 });
  },
);
