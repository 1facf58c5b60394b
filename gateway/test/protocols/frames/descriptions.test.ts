import { CODES, type FrameInit } from '@crosscomm/protocol';
import { describe, expect, it } from 'vitest';
import type { AnnouncedDevice } from '../../../src/protocols/announced-devices.ts';
import { buildFrameHouse } from './support.ts';

const LAMP = { name: 'lamp', type: 'switch', channel: 'lamp', icon: 'lightbulb' };
const WARMTH = {
  name: 'warmth',
  type: 'sensor',
  channel: 'lab',
  field: 'temperature',
  class: 'temperature',
  unit: '°C',
};
const CONFIRMED = { type: 'describe', value: null };

const describing = (value: string | object): FrameInit => ({ type: 'describe', value }) as FrameInit;
const isOnDevice = (code: keyof typeof CODES, text: string) => ({
  type: 'error',
  code: CODES[code],
  text,
  about: [26],
});

describe('a device that describes itself', () => {
  it('is told of by its id with all that it said, as a map or as JSON', () => {
    const { open, announced } = buildFrameHouse();
    const device = open();
    const told: AnnouncedDevice[] = [];
    announced.onTold((each) => told.push(each));
    const components = [LAMP, WARMTH, { name: 'mood', type: 'light', channel: 'mood', modes: ['rgb'], news: 1 }];
    device.say(describing({ name: 'Desk', area: 'Lab', model: 'Uno', components, colour: 'green' }));
    device.say(describing(JSON.stringify({ components: [{ ...LAMP, unit: null, on: 1, off: 0 }] })));
    expect(device.take()).toEqual([CONFIRMED, CONFIRMED]);
    expect(told.map(({ id, name, handle }) => [id, name, handle])).toEqual([
      ['uno-1', 'Desk', 'uno-1'],
      ['uno-1', 'uno-1', 'uno-1'],
    ]);
    const { class: sensorType, ...warmth } = WARMTH;
    expect(told[0]?.describe()).toEqual({
      ...{ properties: { model: 'Uno' }, area: 'Lab', locations: [] },
      components: [
        { ...LAMP, sensorType: undefined, light: undefined },
        { ...warmth, sensorType, light: undefined },
        { name: 'mood', type: 'light', channel: 'mood', sensorType: undefined, light: { modes: ['rgb'] } },
      ],
    });
    expect(announced.list()).toEqual([told[1]]);
  });

  it('is confirmed what is the same again, and told of once', () => {
    const { open, announced } = buildFrameHouse();
    const device = open();
    let told = 0;
    announced.onTold(() => told++);
    for (let times = 0; times < 20; times++) device.say(describing({ components: [LAMP] }));
    expect(device.take()).toEqual(Array(20).fill(CONFIRMED));
    expect(told).toBe(1);
  });

  it('is known as long as its session is', () => {
    const { open, announced, clock } = buildFrameHouse();
    const device = open();
    device.say(describing({ components: [LAMP] }));
    device.unplug();
    clock.advance(60_000);
    expect(announced.list()).toHaveLength(1);
    clock.advance(120_000);
    expect(announced.list()).toEqual([]);
  });

  it('that goes on describing itself anew is slowed down', () => {
    const { open, incidents, clock } = buildFrameHouse();
    const device = open();
    const anew = (name: number): void => device.say(describing({ name: String(name), components: [LAMP] }));
    for (let name = 0; name < 11; name++) anew(name);
    expect(device.take().at(-1)).toEqual(isOnDevice('too_fast', 'describe yourself once'));
    expect(incidents.counts()).toEqual({ 'frames PEER_TOO_MANY': 1 });
    clock.advance(11_000);
    anew(20);
    expect(device.take().at(-1)).toEqual(CONFIRMED);
  });
});

describe('a description is refused, and the one before stays,', () => {
  it.each<[string, object | string, keyof typeof CODES, string]>([
    ['that is no JSON', '{"components": [', 'malformed', 'no JSON'],
    ['that is JSON of no map', '[]', 'malformed', 'no map'],
    ['without components', { name: 'Desk' }, 'malformed', 'components'],
    ['with no component', { components: [] }, 'malformed', 'components'],
    ['with 101 components', { components: Array(101).fill(LAMP) }, 'malformed', 'components'],
    ['with two of one name', { components: [LAMP, LAMP] }, 'malformed', 'components'],
    [
      'of a type that is none',
      { components: [WARMTH, { ...LAMP, type: 'toaster' }] },
      'malformed',
      'components.1.type',
    ],
    ['without a channel', { components: [{ name: 'lamp', type: 'switch' }] }, 'malformed', 'components.0.channel'],
    ['with an empty name', { name: '', components: [LAMP] }, 'malformed', 'name'],
    ['with a channel that is none', { components: [{ ...LAMP, channel: 'a\u0000b' }] }, 'malformed', 'channel'],
    ['longer than it may be', { x: 'x'.repeat(17_000), components: [LAMP] }, 'too_large', 'more than 16384 characters'],
  ])('%s', (_, value, code, text) => {
    const { open, announced, incidents } = buildFrameHouse();
    const device = open();
    device.say(describing({ components: [LAMP] }));
    device.take();
    device.say(describing(value));
    expect(device.take()).toEqual([isOnDevice(code, text)]);
    expect(announced.list()).toHaveLength(1);
    expect(Object.values(incidents.counts())).toEqual([1]);
  });

  it('where the device may neither send to nor hear a channel', () => {
    const { open, access, announced, incidents } = buildFrameHouse();
    const device = open();
    const mays = { maySend: access.maySend, maySubscribe: access.maySubscribe };
    access.maySend = (_, channel) => channel === 'lab';
    access.maySubscribe = (_, channel) => channel === 'lab';
    device.say(describing({ components: [WARMTH, LAMP] }));
    Object.assign(access, mays);
    expect(device.take()).toEqual([isOnDevice('not_allowed', 'lamp')]);
    expect(announced.list()).toEqual([]);
    expect(incidents.counts()).toEqual({ 'frames PEER_NOT_ALLOWED': 1 });
  });

  it('before the device has said Hello', () => {
    const { connect, announced } = buildFrameHouse();
    const device = connect();
    device.say(describing({ components: [LAMP] }));
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.not_welcome_yet }]);
    expect(announced.list()).toEqual([]);
  });
});
