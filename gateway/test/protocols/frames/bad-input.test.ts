import { readFileSync } from 'node:fs';
import { CODES, encodeFrame } from '@crosscomm/protocol';
import { bodies, join } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse } from './support.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

interface InvalidVector {
  name: string;
  hex: string;
}

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../device-sdk/protocol/vectors/invalid.json', import.meta.url), 'utf8'),
) as { vectors: InvalidVector[] };

describe('bad input', () => {
  it.each([
    ['no frame', '00', 'malformed', []],
    ['a number of which the rest is missing', '83 09 18 39', 'malformed', [9, 57]],
    ['a message without its value', '82 08 01', 'malformed', [8]],
    ['deep nesting', `82 08 ${'81'.repeat(20)} 00`, 'too_large', [8]],
  ] as const)('%s is answered with what it is about', (_, hex, code, about) => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(bytes(hex));
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES[code], about }]);
    expect(device.ended).toBe(false);
  });

  it.each(vectors.map(({ name, hex }) => [name, hex]))('%s harms no one', (_, hex) => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    device.say(bytes(hex), { type: 'message', to: 'lab', value: 'still here' });
    expect(bodies(anna)).toEqual(['still here']);
  });

  it('longer than the gateway takes is answered with too_large', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(encodeFrame({ type: 'message', to: 'lab', value: 'x'.repeat(65_535) }, { maxBytes: 100_000 }));
    expect(device.take()).toMatchObject([{ code: CODES.too_large, about: [8] }]);
  });

  it('more than 20 times in 10 s ends a link without noise', () => {
    const house = buildFrameHouse();
    const device = house.open();
    for (let count = 0; count < 21; count++) device.say(bytes('00'));
    expect(device.take().at(-1)).toMatchObject({ type: 'goodbye', reason: 5 });
    expect(device.ended).toBe(true);
  });

  it('of a noisy line is answered once a second, and never ends it', () => {
    const house = buildFrameHouse();
    const device = house.connect({ noisy: true });
    device.greet();
    for (let count = 0; count < 100; count++) device.say(bytes('00'));
    expect(device.take()).toHaveLength(1);
    expect(device.ended).toBe(false);
  });

  it('as an Error is never longer than 64 bytes, nor than the device takes', () => {
    const house = buildFrameHouse();
    const device = house.open({ maxFrame: 48 });
    device.say(
      { type: 'alias', alias: 256, channel: 'x' },
      {
        type: 'welcome',
        version: 1,
        session: 1,
        lastSeq: 0,
        serverTime: 0,
        timeTrusted: false,
        limits: house.options.limits,
      },
    );
    for (const frame of device.take()) expect(encodeFrame(frame as never).length).toBeLessThanOrEqual(48);
  });

  it('as a flood of bare messages loses what is too fast, with one Error a second', () => {
    const house = buildFrameHouse({ maxBarePerSecond: 5 });
    const anna = join(house.hub, 'anna', ['lab']);
    const device = house.open();
    for (let count = 0; count < 50; count++) device.say({ type: 'message', to: 'lab', value: count });
    expect(anna.received).toHaveLength(5);
    expect(device.take()).toMatchObject([{ code: CODES.too_fast }]);
    house.clock.advance(1000);
    device.say({ type: 'message', to: 'lab', value: 1 });
    expect(anna.received).toHaveLength(6);
  });

  it('that is unknown, or not served, is skipped or said to be so', () => {
    const house = buildFrameHouse();
    const device = house.open();
    device.say(bytes('82 18 63 00'));
    expect(device.take()).toEqual([]);
    device.say({ type: 'receipt', seq: 1, delivered: 1 });
    expect(device.take()).toMatchObject([{ code: CODES.not_supported }]);
  });
});
