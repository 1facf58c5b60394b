import { CODES } from '@crosscomm/protocol';
import { join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import { buildFrameHouse } from './support.ts';

describe('shapes', () => {
  const SHAPED = { type: 'alias', alias: 1, channel: 'lab', flags: 1, shape: ['temperature', 'humidity'] } as const;

  it('are confirmed, and a message without keys has them for everybody else', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.say(SHAPED, { type: 'message', to: 1, value: [21.5, 43] }, { type: 'message', to: 1, value: [20] });
    device.say({ type: 'message', to: 1, value: new Map([['lux', 7]]) });
    expect(device.take()).toContainEqual({ type: 'alias', alias: 1, channel: null, flags: 2 });
    const texts = anna.received.map(({ kind, text }) => [kind, text]);
    expect(texts).toEqual([
      ['dict', '{"temperature":21.5,"humidity":43}'],
      ['dict', '{"temperature":20}'],
      ['dict', '{"lux":7}'],
    ]);
  });

  it('take the keys from what comes to the device, and from that alone', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(SHAPED);
    const values: [string, number | string, unknown][] = [
      ['{"humidity": 43, "temperature": 21.5}', 1, [21.5, 43]],
      ['{"temperature": 20}', 1, [20]],
      ['{"humidity": 43}', 1, new Map([['humidity', 43]])],
      [
        '{"temperature": 20, "lux": 7}',
        1,
        new Map([
          ['temperature', 20],
          ['lux', 7],
        ]),
      ],
    ];
    for (const [text] of values) send(house.hub, 'anna', 'lab', text);
    house.hub.send(new Message({ from: 'anna', to: 'lab', kind: 'json', body: '[1, 2]', timestampMs: 0 }));
    values.push(['', 'lab', [1, 2]]);
    expect(device.takeNumbered()).toMatchObject(values.map(([, to, value], at) => [at + 1, { to, value }]));
  });

  it('refuse more values than there are keys, and what was said so is not sent again', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(SHAPED, { type: 'sequenced', seq: 1, frame: { type: 'message', to: 1, value: [1, 2, 3] } });
    expect(device.take()).toContainEqual(expect.objectContaining({ code: CODES.malformed, about: [9, 1] }));
    house.clock.advance(50);
    expect(device.take()).toContainEqual({ type: 'ack', seq: 1 });
  });

  it('that change are changed in what waits, too, and are bounded', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(SHAPED);
    send(house.hub, 'anna', 'lab', '{"temperature": 20}');
    expect(device.takeNumbered()).toMatchObject([[1, { to: 1, value: [20] }]]);
    device.say({ type: 'alias', alias: 1, channel: 'lab', flags: 1 });
    house.clock.advance(500);
    expect(device.takeNumbered()).toMatchObject([[1, { to: 1, value: new Map([['temperature', 20]]) }]]);
    device.say({ ...SHAPED, shape: ['x'.repeat(65_000)] });
    device.say({ ...SHAPED, alias: 2, shape: ['y'.repeat(1_000)] });
    expect(device.take()).toContainEqual(expect.objectContaining({ code: CODES.too_many, about: [6, 2] }));
  });
});

describe('aliases', () => {
  it('subscribe where their flag says so, and end it by another declaration or by Unalias', () => {
    const house = buildFrameHouse();
    const device = house.open();
    const subscriptions = () => house.hub.client('uno-1')?.subscriptions;
    device.say(
      { type: 'alias', alias: 0, channel: 'a', flags: 1 },
      { type: 'alias', alias: 0, channel: 'a', flags: 1 },
    );
    expect(subscriptions()).toEqual(['a']);
    device.say({ type: 'alias', alias: 0, channel: 'b', flags: 1 });
    expect(subscriptions()).toEqual(['b']);
    device.say({ type: 'alias', alias: 0, channel: 'b' });
    expect(subscriptions()).toEqual([]);
    device.say({ type: 'alias', alias: 0, channel: 'c', flags: 1 }, { type: 'unalias', alias: 0 });
    expect(subscriptions()).toEqual([]);
    expect(device.take().at(-1)).toEqual({ type: 'unalias', alias: 0 });
  });

  it('are followed by the retained message of their channel, also after a reset', () => {
    const house = buildFrameHouse();
    send(house.hub, 'anna', 'lamp', 'on', { retainMs: 60_000 });
    const device = house.open();
    device.say({ type: 'alias', alias: 4, channel: 'lamp', flags: 1 });
    expect(device.takeNumbered()).toMatchObject([[1, { to: 4, value: 'on' }]]);
    device.say({ type: 'ack', seq: 1 });
    device.greet({ bootId: 8 });
    device.say({ type: 'alias', alias: 0, channel: 'lamp', flags: 1 });
    expect(device.takeNumbered()).toMatchObject([[1, { to: 0, value: 'on' }]]);
  });

  it.each([
    ['beyond the limit', { alias: 256, channel: 'a' }, 'too_many'],
    ['of no name', { alias: 1, channel: 'a[' }, 'name_invalid'],
    ['without a channel', { alias: 1 }, 'malformed'],
    ['with another password', { alias: 1, channel: 'safe:2', flags: 1 }, 'not_allowed'],
  ] as const)('%s are an Error about it', (_, alias, code) => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['safe:1']);
    const device = house.open();
    device.say({ type: 'alias', ...alias });
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES[code], about: [6, alias.alias] }]);
    expect(house.hub.client('uno-1')?.subscriptions).toEqual([]);
  });

  it('send to a private channel with its password', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['safe:1']);
    const device = house.open();
    device.say({ type: 'alias', alias: 1, channel: 'safe:1' }, { type: 'message', to: 1, value: 'x' });
    expect(anna.received).toHaveLength(1);
  });

  it('that change are changed in what waits, too', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say({ type: 'alias', alias: 0, channel: 'a', flags: 1 });
    send(house.hub, 'anna', 'a', 'x');
    expect(device.takeNumbered()).toMatchObject([[1, { to: 0 }]]);
    device.say({ type: 'alias', alias: 0, channel: 'b', flags: 1 });
    house.clock.advance(500);
    expect(device.takeNumbered()).toMatchObject([[1, { to: 'a', value: 'x' }]]);
  });
});

describe('the dictionary', () => {
  it('grows in order, and says where to begin what begins too far', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(
      { type: 'dictionary', first: 1, keys: ['b'] },
      { type: 'dictionary', first: 0, keys: ['a', 'b'] },
      { type: 'dictionary', first: 1, keys: ['b', 'c'] },
    );
    expect(device.take()).toMatchObject([{ first: 0 }, { first: 2 }, { first: 3 }]);
    send(house.hub, 'anna', 'uno-1', '{"c":{"a":1,"z":2}}');
    expect(device.takeNumbered()).toEqual([
      [
        1,
        {
          type: 'message',
          to: null,
          from: 'anna',
          value: new Map([
            [
              2,
              new Map<unknown, unknown>([
                [0, 1],
                ['z', 2],
              ]),
            ],
          ]),
        },
      ],
    ]);
  });

  it('has an end', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say({ type: 'dictionary', first: 0, keys: Array.from({ length: 1025 }, (_, index) => `k${index}`) });
    expect(device.take()).toMatchObject([{ code: CODES.too_many, about: [11, 0] }]);
  });
});

describe('the list of clients', () => {
  it('comes in as many frames as it takes', () => {
    const house = buildFrameHouse();
    const ids = Array.from({ length: 9 }, (_, index) => `client-number-${index}`);
    for (const id of ids) join(house.hub, id);
    const device = house.open({ maxFrame: 48, window: 1000 });
    device.say({ type: 'listClients' });
    const pages = device
      .takeNumbered()
      .map((pair) => (pair as [number, { clients: { id: string }[]; more: boolean }])[1]);
    expect(pages.flatMap(({ clients }) => clients.map(({ id }) => id))).toEqual([...ids, 'uno-1']);
    expect(pages.map(({ more }) => more)).toEqual([...pages.slice(1).map(() => true), false]);
  });

  it('is right after each change', () => {
    const house = buildFrameHouse();
    const device = house.open();
    const list = (onlyOnline: boolean): string[] => {
      device.say({ type: 'listClients', onlyOnline });
      return device.takeNumbered().flatMap((pair) => {
        const [, { clients }] = pair as [number, { clients: { id: string; online: boolean }[] }];
        return clients.map(({ id, online }) => `${id} ${online}`);
      });
    };
    const anna = join(house.hub, 'anna');
    expect([list(false), list(true)]).toEqual([
      ['uno-1 true', 'anna true'],
      ['uno-1 true', 'anna true'],
    ]);
    house.hub.leave(anna, 'closed');
    expect([list(false), list(true)]).toEqual([['uno-1 true', 'anna false'], ['uno-1 true']]);
    house.hub.forget('anna');
    expect(list(false)).toEqual(['uno-1 true']);
  });
});
