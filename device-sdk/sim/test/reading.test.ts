import { Float, type Value, valueToJsonText } from '@crosscomm/protocol';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../src/duration.ts';
import { SimError } from '../src/error.ts';
import { seededRandom, waitMs } from '../src/random.ts';
import { fillIn, makeReading, parseReading } from '../src/reading.ts';
import { parseShape } from '../src/shape.ts';

const DEVICE = { id: 'sim-3', number: 3 };
const valuesOf = (shape: string, times: readonly number[], seed = 1): unknown[] => {
  const next = parseShape(shape)(seededRandom(seed));
  return times.map((time) => {
    const value = next(time);
    return value instanceof Float ? value.value : value;
  });
};
const often = Array.from({ length: 200 }, (_, index) => index * 1000);

describe('a reading', () => {
  it('is a map of named values to a channel that may hold colons and the device', () => {
    const plan = parseReading('lab/{id}:x{n}:1.5s:t=counter(5, 2), on=true,name="a,b:c"');
    const reading = makeReading(plan, DEVICE, seededRandom(1));
    expect(reading).toMatchObject({ channel: 'lab/sim-3:x3', intervalMs: 1500, keys: ['t', 'on', 'name'] });
    expect(valueToJsonText(reading.next(0) as Value)).toBe('{"t":5,"on":true,"name":"a,b:c"}');
    expect(valueToJsonText(reading.next(1) as Value)).toBe('{"t":7,"on":true,"name":"a,b:c"}');
  });

  it('is a bare value where it has no name', () => {
    const { keys, next } = makeReading(parseReading('lab:1s:21.0'), DEVICE, seededRandom(1));
    expect([keys, valueToJsonText(next(0) as Value)]).toEqual([[], '21.0']);
  });

  it.each([
    ['lab', 'is no reading: write CHANNEL:INTERVAL:VALUES'],
    ['lab:1:t=1', 'is no reading'],
    ['lab:0s:t=1', 'The interval of a reading must be a duration'],
    ['lab:25h:t=1', 'at most 24h'],
    ['lab:1s:t=sinus(1,2)', 'There is no shape "sinus": the shapes are sine(low, high, period)'],
    ['lab:1s:t=__proto__()', '"__proto__()" is no number'],
    ['lab:1s:t=toString(1)', 'is no number'],
    ['lab:1s:t=sine(1)', '"sine(1)" has the wrong number of arguments: it is sine(low, high, period).'],
    ['lab:1s:t=sine(2,1,1s)', 'The low end 2 is above the high end 1.'],
    ['lab:1s:t=walk(a,1,1)', '"a" is no number'],
    ['lab:1s:t=warm', '"warm" is no number; a text stands in double quotes'],
    ['lab:1s:1,2', 'each of several values needs a name'],
    ['lab:1s:a=1,a=2', 'a name occurs twice'],
  ])('as %j is refused with the reason', (text, reason) => {
    expect(() => parseReading(text)).toThrow(SimError);
    expect(() => parseReading(text)).toThrow(reason);
  });
});

describe('a shape', () => {
  it('stays within its ends', () => {
    for (const shape of ['sine(18, 24, 60s)', 'walk(18, 24, 5)', 'random(18, 24)']) {
      const values = valuesOf(shape, often) as number[];
      expect([Math.min(...values) >= 18, Math.max(...values) <= 24, new Set(values).size > 20]).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  it('repeats as a sine after its period, and turns as a toggle', () => {
    const [first, , again] = valuesOf('sine(0, 100, 10s)', [0, 5000, 10_000]) as [number, number, number];
    expect(again).toBeCloseTo(first, 1);
    expect(valuesOf('toggle()', [0, 0, 0])).toEqual([true, false, true]);
    expect(valuesOf('counter()', [0, 0, 0])).toEqual([0, 1, 2]);
  });

  it('is the same for the same seed alone', () => {
    expect(valuesOf('walk(0, 1, 1)', often, 7)).toEqual(valuesOf('walk(0, 1, 1)', often, 7));
    expect(valuesOf('walk(0, 1, 1)', often, 7)).not.toEqual(valuesOf('walk(0, 1, 1)', often, 8));
  });
});

it('A duration has a unit', () => {
  expect(['250ms', '1.5s', '2m', '1h'].map((text) => parseDuration(text, 'x'))).toEqual([
    250, 1500, 120_000, 3_600_000,
  ]);
  for (const text of ['', '5', 's', '-1s', '1 s', '1e3s'])
    expect(() => parseDuration(text, '--x')).toThrow('--x must be');
});

it('Faults come as often as they should on average', () => {
  const random = seededRandom(3);
  const waits = Array.from({ length: 5000 }, () => waitMs(1000, random));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(mean).toBeGreaterThan(950);
  expect(mean).toBeLessThan(1050);
});

it('A channel has the id as it is', () => {
  expect(fillIn('a/{id}/{n}/{id}', { id: '$&', number: 2 })).toBe('a/$&/2/$&');
});
