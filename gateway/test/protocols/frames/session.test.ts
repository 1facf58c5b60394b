import { CODES } from '@crosscomm/protocol';
import { secretPassword } from '@crosscomm/testing/secrets';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

const READING = { type: 'message', to: 'lab', value: { t: 21.5 } } as const;

it('a message to what no channel can be called is answered with name_invalid, and nobody gets it', () => {
  const house = buildFrameHouse();
  const watcher = join(house.hub, 'watcher', ['#']);
  const device = house.connect();
  device.greet();
  device.take();
  device.say({ type: 'message', to: 'a\nb', value: 1 });
  expect(device.take()).toMatchObject([{ type: 'error', code: CODES.name_invalid }]);
  expect(bodies(watcher)).toEqual([]);
  expect(house.incidents.counts()).toEqual({ 'frames PEER_BAD_NAME': 1 });
});

describe('a Hello', () => {
  it('is answered by a Welcome with the time, the limits and a new session', () => {
    const house = buildFrameHouse();
    const welcome = house.connect().greet();
    expect(welcome).toMatchObject({
      version: 1,
      lastSeq: 0,
      serverTime: Math.floor(house.clock.now() / 1000),
      timeTrusted: true,
      limits: { maxFrame: 65_535, window: 131_072, maxAliases: 256, maxKeys: 1024 },
      resumed: false,
    });
    expect(welcome.session).toBeGreaterThan(0);
    expect(house.hub.client('uno-1')).toMatchObject({ online: true, protocol: 'frames' });
  });

  it('is told that the time is not to be trusted while nobody has set the clock', () => {
    const house = buildFrameHouse();
    house.clock.trusted = false;
    expect(house.connect().greet()).toMatchObject({ timeTrusted: false });
  });

  it('that comes again, byte for byte, is answered with the same Welcome', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    const first = device.greet();
    expect(device.greet()).toEqual(first);
    device.say({ type: 'ping' });
    expect(device.greet().session).not.toBe(first.session);
  });

  it.each([
    ['with a longer id than there may be', { deviceId: 'x'.repeat(256) }, 'id_invalid'],
    ['without an id', { deviceId: '' }, 'id_invalid'],
    ['with a blank in its id', { deviceId: 'uno 1' }, 'id_invalid'],
    ['with what is no character in its id', { deviceId: 'uno\uffff' }, 'id_invalid'],
    ['with a name of the gateway', { deviceId: 'server' }, 'id_invalid'],
    ['with the id of another client', { deviceId: 'anna' }, 'id_taken'],
    ['with a wrong password', { deviceId: 'bert', password: 'guess' }, 'credentials'],
  ] as const)('%s is refused', (_, hello, code) => {
    const house = buildFrameHouse({}, { users: new Map([['bert', secretPassword()]]) });
    join(house.hub, 'anna');
    const device = house.connect();
    expect(() => device.greet(hello)).toThrow('no Welcome');
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES[code], about: [0] }]);
    expect(device.ended).toBe(false);
  });

  it('with another id than that of its connection is refused', () => {
    const house = buildFrameHouse();
    const device = house.connect({ deviceId: 'esp-1' });
    expect(() => device.greet()).toThrow('no Welcome');
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.id_invalid, about: [0] }]);
  });

  it('must come first, which is said once a second', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    device.say(READING, { type: 'ping' }, READING);
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.not_welcome_yet }]);
    house.clock.advance(1000);
    device.say(READING);
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.not_welcome_yet }]);
  });

  it('must come within the time for it', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    house.clock.advance(10_000);
    expect(device.ended).toBe(true);
  });
});

describe('a session', () => {
  it('goes on where the link was lost for a moment, and nobody sees it', () => {
    const house = buildFrameHouse();
    const seen: string[] = [];
    house.hub.events.on('leave', (id) => seen.push(id));
    const before = house.connect();
    const { session } = before.greet();
    before.say({ type: 'alias', alias: 3, channel: 'lamp', flags: 1 });
    before.unplug();
    send(house.hub, 'anna', 'lamp', 'on');
    const after = house.connect();
    const welcome = after.greet({ resume: { firstSeq: 1, session, received: 0 } });
    expect(welcome).toMatchObject({ session, resumed: true });
    expect(after.takeNumbered()).toMatchObject([[1, { to: 3, value: 'on', from: 'anna' }]]);
    house.clock.advance(20_000);
    expect(seen).toEqual([]);
  });

  it('is offline when its link stays lost, keeps what waits, and is dropped in the end', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    const { session } = device.greet();
    device.unplug();
    send(house.hub, 'anna', 'uno-1', 'kept');
    house.clock.advance(3_000);
    expect(house.hub.client('uno-1')?.online).toBe(false);
    house.clock.advance(110_000);
    const again = house.connect();
    expect(again.greet({ resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(true);
    expect(again.takeNumbered()).toMatchObject([[1, { to: null, value: 'kept' }]]);
    again.unplug();
    house.clock.advance(124_000);
    const late = house.connect();
    expect(late.greet({ resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(false);
    expect(late.takeNumbered()).toEqual([]);
  });

  it('has its subscriptions again though its id was made up, and is forgotten when it is dropped', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    const { session } = device.greet({ deviceId: 'js-0a1b2c' });
    device.say({ type: 'alias', alias: 3, channel: 'lamp', flags: 1 });
    device.unplug();
    house.clock.advance(60_000);
    expect(house.hub.clients()).toEqual([]);
    const again = house.connect();
    expect(again.greet({ deviceId: 'js-0a1b2c', resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(true);
    expect(house.hub.members('lamp')).toEqual(['js-0a1b2c']);
    again.unplug();
    house.clock.advance(124_000);
    expect(house.hub.client('js-0a1b2c')).toBeUndefined();
  });

  it('gives a device that was reset what waits for it, with new numbers and full names', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(
      { type: 'alias', alias: 0, channel: 'lamp', flags: 1 },
      { type: 'dictionary', first: 0, keys: ['brightness'] },
    );
    send(house.hub, 'anna', 'lamp', '{"brightness":1}');
    device.say({ type: 'ack', seq: 1 });
    send(house.hub, 'anna', 'lamp', '{"brightness":2}');
    expect(device.takeNumbered().at(-1)).toEqual([
      2,
      { type: 'message', to: 0, value: new Map([[0, 2]]), from: 'anna' },
    ]);
    expect(device.greet({ bootId: 8 }).resumed).toBe(false);
    expect(device.takeNumbered()).toEqual([
      [1, { type: 'message', to: 'lamp', value: new Map([['brightness', 2]]), from: 'anna' }],
    ]);
  });

  it('forgets after a reset the subscriptions that the device does not declare again', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(
      { type: 'alias', alias: 0, channel: 'lamp', flags: 1 },
      { type: 'alias', alias: 1, channel: 'fan', flags: 1 },
    );
    device.greet({ bootId: 8 });
    device.say({ type: 'alias', alias: 5, channel: 'fan', flags: 1 });
    house.clock.advance(10_000);
    expect(house.hub.client('uno-1')?.subscriptions).toEqual(['fan']);
  });

  it('needs the password of a private channel again after a reset', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say({ type: 'alias', alias: 0, channel: 'safe:secret', flags: 1 });
    expect(house.hub.members('safe')).toEqual(['uno-1']);
    device.greet({ bootId: 8 });
    expect(house.hub.members('safe')).toEqual([]);
    device.say({ type: 'alias', alias: 0, channel: 'safe:secret', flags: 1 });
    expect(house.hub.members('safe')).toEqual(['uno-1']);
  });

  it('ends by Goodbye 0, and is kept by Goodbye 1', () => {
    const house = buildFrameHouse();
    const device = house.connect();
    const { session } = device.greet();
    device.say({ type: 'goodbye', reason: 1 });
    expect(device.greet({ resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(true);
    device.say({ type: 'goodbye' });
    expect(house.hub.client('uno-1')?.online).toBe(false);
    expect(device.greet({ resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(false);
  });

  it('ends with the gateway', () => {
    const house = buildFrameHouse();
    const device = house.open();
    house.hub.stop();
    expect(device.take()).toMatchObject([{ type: 'goodbye', reason: 3 }]);
    expect(device.ended).toBe(true);
  });
});

describe('silence', () => {
  it('of the gateway is broken by a Ping after 10 s', () => {
    const house = buildFrameHouse();
    const device = house.open();
    house.clock.advance(11_000);
    expect(device.take()).toMatchObject([{ type: 'ping' }]);
    device.say({ type: 'ping', n: 5 });
    expect(device.take()).toMatchObject([{ type: 'pong', n: 5 }]);
  });

  it('of the device for 30 s ends the link', () => {
    const house = buildFrameHouse();
    const device = house.open();
    house.clock.advance(32_000);
    expect(device.take().at(-1)).toMatchObject({ type: 'goodbye', reason: 4 });
    expect(device.ended).toBe(true);
  });
});

describe('an id that comes by another link', () => {
  it('takes over at once where it names its session, unseen by all', () => {
    const house = buildFrameHouse();
    const old = house.connect();
    const { session } = old.greet();
    const seen: string[] = [];
    house.hub.events.on('leave', (id) => seen.push(id));
    house.hub.events.on('join', (id) => seen.push(id));
    const next = house.connect();
    expect(next.greet({ resume: { firstSeq: 1, session, received: 0 } }).resumed).toBe(true);
    expect(old.take()).toMatchObject([{ type: 'goodbye', reason: 2 }]);
    expect(old.ended).toBe(true);
    send(house.hub, 'anna', 'uno-1', 'hello');
    expect(next.takeNumbered()).toMatchObject([[1, { value: 'hello' }]]);
    expect(seen).toEqual([]);
  });

  it('is taken while the old link answers', () => {
    const house = buildFrameHouse();
    const old = house.open();
    const next = house.connect();
    expect(() => next.greet({ bootId: 9 })).toThrow('no Welcome');
    expect(old.take()).toMatchObject([{ type: 'ping' }]);
    old.say({ type: 'pong' });
    expect(next.take()).toMatchObject([{ type: 'error', code: CODES.id_taken, about: [0] }]);
    house.clock.advance(2_000);
    expect(old.ended).toBe(false);
  });

  it('takes over after 2 s where the old link does not answer', () => {
    const house = buildFrameHouse();
    const old = house.open();
    const next = house.connect();
    expect(() => next.greet({ bootId: 9 })).toThrow('no Welcome');
    house.clock.advance(2_000);
    expect(next.take()).toMatchObject([{ type: 'welcome', resumed: false }]);
    expect(old.ended).toBe(true);
  });
});

describe('messages up', () => {
  it.each([
    [{ a: 1 }, 'dict', '{"a":1}'],
    ['text', 'text', 'text'],
    [new Uint8Array([1, 2]), 'bytes', new Uint8Array([1, 2])],
    [[1, 2.5, null], 'json', '[1,2.5,null]'],
    [43, 'json', '43'],
  ] as const)('%j become the kind %s', (value, kind, body) => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    house.open().say({ type: 'message', to: 'lab', value, from: 'eve' });
    expect(anna.received).toMatchObject([{ from: 'uno-1', to: 'lab', kind, body }]);
  });

  it('by alias and dictionary are what they would be by name', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab/room1']);
    const device = house.open();
    device.say(
      { type: 'alias', alias: 1, channel: 'lab/room1' },
      { type: 'dictionary', first: 0, keys: ['temperature', 'humidity'] },
      {
        type: 'message',
        to: 1,
        value: new Map([
          [0, 21.5],
          [1, 43],
        ]),
      },
    );
    expect(bodies(anna)).toEqual(['{"temperature":21.5,"humidity":43}']);
    expect(device.take()).toMatchObject([
      { type: 'alias', alias: 1, channel: null },
      { type: 'dictionary', first: 2, keys: null },
    ]);
  });
});
