import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kind, Message } from '../../../src/hub/message.ts';
import { addressOf, channelOf, isAddressPattern } from '../../../src/protocols/osc/address-codec.ts';
import type { OscArgument } from '../../../src/protocols/osc/argument.ts';
import { fitsFloat32, floatText, shortestOfFloat32 } from '../../../src/protocols/osc/float-text.ts';
import { IMMEDIATELY, timeTagOfMs, timeTagToMs } from '../../../src/protocols/osc/time-tag.ts';
import { argumentsOf, readArguments } from '../../../src/protocols/osc/values-codec.ts';

const of = (kind: Kind, body: string | Uint8Array, rest = {}) =>
  argumentsOf(new Message({ from: 'a', to: 'b', kind, body, timestampMs: 0, ...rest }));
const i = (value: number): OscArgument => ({ type: 'i', value });
const f = (value: number): OscArgument => ({ type: 'f', value });
const s = (value: string): OscArgument => ({ type: 's', value });

describe('what comes in', () => {
  test.each<[string, OscArgument[], Kind, string]>([
    ['nothing is an empty array', [], 'json', '[]'],
    ['an integer', [i(-5)], 'json', '-5'],
    ['a long integer, to the last digit', [{ type: 'h', value: 9007199254740993n }], 'json', '9007199254740993'],
    ['a float with as many digits as it has', [f(Math.fround(0.1))], 'json', '0.1'],
    ['a float that is whole, still a float', [f(1)], 'json', '1.0'],
    ['a double', [{ type: 'd', value: 0.1 + 0.2 }], 'json', '0.30000000000000004'],
    ['what JSON has no number for', [f(Number.NaN)], 'json', 'null'],
    ['a string', [s('on')], 'text', 'on'],
    ['a symbol', [{ type: 'S', value: 'on' }], 'text', 'on'],
    ['a character', [{ type: 'c', value: 'x' }], 'text', 'x'],
    ['a string that is a JSON object', [s('{"led": 1.0}')], 'dict', '{"led": 1.0}'],
    ['a string that begins like one', [s('{led}')], 'text', '{led}'],
    ['true', [{ type: 'T' }], 'json', 'true'],
    ['false', [{ type: 'F' }], 'json', 'false'],
    ['nil', [{ type: 'N' }], 'json', 'null'],
    ['an impulse', [{ type: 'I' }], 'json', 'true'],
    ['a colour', [{ type: 'r', value: 0x00ff8001 }], 'text', '#00ff8001'],
    ['a MIDI message', [{ type: 'm', value: Uint8Array.of(0, 144, 60, 127) }], 'json', '[0,144,60,127]'],
    [
      'a time tag, in milliseconds since 1970',
      [{ type: 't', value: timeTagOfMs(1_700_000_000_250) }],
      'json',
      '1700000000250',
    ],
    ['a time tag that names no time', [{ type: 't', value: IMMEDIATELY }], 'json', 'null'],
    ['an array', [{ type: '[', values: [i(1), s('a')] }], 'json', '[1,"a"]'],
    [
      'several values',
      [i(1), f(0.5), s('a"b'), { type: 'b', value: Uint8Array.of(255) }],
      'json',
      '[1,0.5,"a\\"b","/w=="]',
    ],
  ])('%s', (_what, args, kind, body) => {
    expect(readArguments(args)).toEqual({ kind, body });
  });

  test('a blob is bytes', () => {
    expect(readArguments([{ type: 'b', value: Uint8Array.of(1) }])).toEqual({ kind: 'bytes', body: Uint8Array.of(1) });
  });
});

describe('what goes out', () => {
  test.each<[string, Kind, string, OscArgument[]]>([
    ['a text', 'text', 'on', [s('on')]],
    ['a text that is a number, as MQTT and boards say it', 'text', '21.7', [f(21.7)]],
    ['a text that is nearly a number', 'text', '007', [s('007')]],
    ['a text that is a number and more', 'text', ' 7', [s(' 7')]],
    ['a text that is another word of JSON', 'text', 'true', [s('true')]],
    ['an integer', 'json', '5', [i(5)]],
    ['the least int32', 'json', '-2147483648', [i(-2147483648)]],
    ['an integer beyond int32', 'json', '2147483648', [{ type: 'h', value: 2147483648n }]],
    ['an integer beyond 2^53', 'json', '9007199254740993', [{ type: 'h', value: 9007199254740993n }]],
    ['an integer beyond int64', 'json', '9223372036854775808', [f(2 ** 63)]],
    ['a fraction', 'json', '21.7', [f(21.7)]],
    ['a whole number that is written as a fraction', 'json', '1.0', [f(1)]],
    ['a number with more digits than a float32 has', 'json', '3.141592653589793', [{ type: 'd', value: Math.PI }]],
    ['a number beyond float32', 'json', '1e300', [{ type: 'd', value: 1e300 }]],
    ['true', 'json', ' true ', [{ type: 'T' }]],
    ['false', 'json', 'false', [{ type: 'F' }]],
    ['null', 'json', 'null', [{ type: 'N' }]],
    ['what Python writes for no number', 'json', 'NaN', [{ type: 'N' }]],
    ['what Python writes for no number, below zero', 'json', '-Infinity', [{ type: 'N' }]],
    ['a string of JSON', 'json', '"a\\u0041"', [s('aA')]],
    ['the elements of an array', 'json', '[1, 0.5, "a", true]', [i(1), f(0.5), s('a'), { type: 'T' }]],
    ['an array in an array', 'json', '[[1,[]]]', [{ type: '[', values: [i(1), { type: '[', values: [] }] }]],
    ['an object in an array', 'json', '[{"a": NaN}]', [s('{"a":null}')]],
    ['an empty array', 'json', '[]', []],
    ['an object', 'dict', '{"led": 1.0}', [s('{"led":1.0}')]],
    ['what is wrongly called JSON', 'json', 'led on', [s('led on')]],
    ['what is wrongly called a JSON array', 'json', '[1', [s('[1')]],
  ])('%s', (_what, kind, body, args) => {
    expect(of(kind, body)).toEqual(args);
  });

  test('bytes are a blob', () => {
    expect(of('bytes', Uint8Array.of(1))).toEqual([{ type: 'b', value: Uint8Array.of(1) }]);
  });

  test('a file is the JSON of its description', () => {
    expect(of('image', 'cat.png', { objectKey: 'a/cat.png', objectSize: 5 })).toEqual([
      s('{"file":"cat.png","fileName":"cat.png","kind":"image","object_key":"a/cat.png","size":5}'),
    ]);
  });

  test('arrays in arrays are JSON where they are nested deeper than OSC is read', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    let [arg] = of('json', deep);
    for (let level = 0; level < 7; level++) arg = arg?.type === '[' ? arg.values[0] : arg;
    expect(arg).toEqual(s(deep.slice(8, -8)));
  });

  test('every JSON value comes back as it was, but for objects in arrays', () => {
    const scalars = fc.oneof(
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(scalars, fc.array(scalars)), { minLength: 2 }), (values) => {
        const body = JSON.stringify(values);
        const { kind, body: back } = readArguments(of('json', body));
        expect([kind, JSON.parse(back as string)]).toEqual(['json', JSON.parse(body)]);
      }),
    );
  });
});

describe('numbers', () => {
  test('a float32 is printed with the fewest digits that mean it', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (float) => {
        expect(Math.fround(shortestOfFloat32(float))).toBe(float);
        expect(fitsFloat32(shortestOfFloat32(float))).toBe(true);
      }),
    );
    expect([0.1, 21.7, 1234.567, 16777216].map((number) => shortestOfFloat32(Math.fround(number)))).toEqual([
      0.1, 21.7, 1234.567, 16777216,
    ]);
  });

  test('are valid JSON, and no integers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(JSON.parse(floatText(number))).toBe(number);
        expect(floatText(number)).toMatch(/[.e]/);
      }),
    );
  });
});

describe('time tags', () => {
  test('count from 1900, and from 2036 on from zero again', () => {
    expect(timeTagToMs(0x83aa7e80_00000000n)).toBe(0);
    expect(timeTagToMs(0x83aa7e80_80000000n)).toBe(500);
    expect(timeTagToMs(0xffffffff_00000000n)).toBe(Date.UTC(2036, 1, 7, 6, 28, 15));
    expect(timeTagToMs(0x00000001_00000000n)).toBe(Date.UTC(2036, 1, 7, 6, 28, 17));
  });

  test('that name no time are zero and one', () => {
    expect([0n, 1n].map(timeTagToMs)).toEqual([undefined, undefined]);
  });

  test('name each millisecond of the years 1968 to 2104', () => {
    const from = Date.UTC(1968, 0, 21);
    fc.assert(
      fc.property(fc.integer({ min: from, max: Date.UTC(2104, 0) }), (ms) => {
        expect(timeTagToMs(timeTagOfMs(ms))).toBe(ms);
      }),
    );
  });
});

describe('addresses', () => {
  test('are channels with a slash before them', () => {
    expect(addressOf('lamp/led')).toBe('/lamp/led');
    expect(channelOf('/lamp/led')).toBe('lamp/led');
    expect(channelOf('//lamp')).toBe('/lamp');
    expect(channelOf('/presence(anna)')).toBe('presence(anna)');
  });

  test('have signs of OSC’s own written as in URLs, and no others', () => {
    expect(addressOf('my lamp #1, 50%')).toBe('/my%20lamp%20%231%2C%2050%');
    expect(channelOf('/my%20lamp')).toBe('my lamp');
    expect(channelOf('/50%')).toBe('50%');
    expect(channelOf('/a%ff')).toBe('a%ff');
    expect(addressOf('a%2f')).toBe('/a%252f');
    expect(addressOf('grüße')).toBe('/grüße');
  });

  test('lead back to the name they were made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab/%2f5 #*,?[]{}ü') }), (name) => {
        expect(channelOf(addressOf(name))).toBe(name);
        expect(isAddressPattern(addressOf(name))).toBe(false);
      }),
    );
  });
});
