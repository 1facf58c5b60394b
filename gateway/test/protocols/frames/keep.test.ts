import { CODES } from '@crosscomm/protocol';
import type { FrameDevice } from '@crosscomm/testing/frame-device';
import { join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

const KEEP = { keep: true };
const ALIAS = { type: 'alias', alias: 0, channel: 'house', flags: 1 } as const;
const ASK = { type: 'keep', channel: 'house', value: ['level'] } as const;

/** The values of the numbered frames that came. */
function valuesOf(device: FrameDevice): unknown[] {
  return (device.takeNumbered() as [number, { value: unknown }][]).map(([, { value }]) => value);
}

describe('a device that has a value kept', () => {
  it('is told what it is, as often as it asks, and that it is nothing yet', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(ALIAS, ASK);
    expect(device.takeNumbered()).toMatchObject([[1, { ...ASK, value: new Map([['level', null]]) }]]);
    send(house.hub, 'anna', 'house', '{"level":7,"door":"open"}');
    expect(device.takeNumbered()).toMatchObject([[2, { type: 'message' }]]);
    device.say(ASK, { type: 'sequenced', seq: 1, frame: ASK });
    const answer = { ...ASK, value: new Map([['level', 7]]) };
    expect(device.takeNumbered()).toEqual([
      [3, answer],
      [4, answer],
    ]);
    expect(house.hub.retained('house')?.body).toBe('{"level":7}');
  });

  it('gets it after a reset, behind what still waits for it', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(ALIAS, ASK);
    device.takeNumbered();
    send(house.hub, 'anna', 'house', '{"level":3}');
    send(house.hub, 'anna', 'house', '{"level":9}');
    device.greet({ bootId: 8 });
    device.say(ALIAS, ASK);
    const values = valuesOf(device);
    expect(values.slice(0, 2)).toEqual([new Map([['level', 3]]), new Map([['level', 9]])]);
    expect(values.at(-1)).toEqual(new Map([['level', 9]]));
  });

  it('sets it by messages that are as short as ever', () => {
    const house = buildFrameHouse();
    const device = house.open();
    const anna = join(house.hub, 'anna', ['house']);
    device.say(ALIAS, ASK, {
      type: 'sequenced',
      seq: 1,
      frame: { type: 'message', to: 0, value: new Map([['level', 5]]) },
    });
    expect(anna.received.map(({ body }) => body)).toEqual(['{"level":5}']);
    expect(house.hub.retained('house')).toMatchObject({ from: 'uno-1', body: '{"level":5}' });
  });

  it('hears of a value that is too large for it as of none', () => {
    const house = buildFrameHouse();
    const device = house.open({ maxFrame: 64 });
    send(house.hub, 'anna', 'house', `{"level":7,"text":"${'x'.repeat(100)}"}`, KEEP);
    device.say({ type: 'keep', channel: 'house', value: ['level', 'text'] });
    expect(valuesOf(device)).toEqual([new Map([['level', 7]]), new Map([['text', null]])]);
  });

  it('keeps one of a private channel by its password', () => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['safe:1']);
    const device = house.open();
    device.say({ type: 'keep', channel: 'safe:1', value: ['level'] });
    send(house.hub, 'anna', 'safe:1', '{"level":7}');
    device.say({ type: 'keep', channel: 'safe:1', value: ['level'] });
    expect(device.takeNumbered().at(-1)).toMatchObject([2, { channel: 'safe:1', value: new Map([['level', 7]]) }]);
  });

  it.each([
    ['of a private channel without its password', 'safe', 'not_allowed'],
    ['of a pattern', 'house/+', 'name_invalid'],
    ['for which there is no room', `house/${'x'.repeat(900)}`, 'storage_full'],
  ] as const)('is told of one %s that nothing is kept, and why', (_, channel, code) => {
    const house = buildFrameHouse({}, { maxKeptLength: 3, maxRetainedBytes: 2048 });
    join(house.hub, 'anna', ['safe:1']);
    const device = house.open({ maxFrame: 2000 });
    device.say({ type: 'keep', channel, value: ['level'] });
    const frames = device.take();
    expect(frames).toContainEqual(expect.objectContaining({ type: 'error', code: CODES[code], about: [24] }));
    expect(frames).toContainEqual({
      type: 'sequenced',
      seq: 1,
      frame: { type: 'keep', channel, value: new Map([['level', null]]) },
    });
  });
});
