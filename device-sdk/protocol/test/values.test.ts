import { describe, expect, it } from 'vitest';
import {
  decodeValue,
  encodeValue,
  Float,
  jsonTextToValue,
  replaceKeys,
  restoreKeys,
  valueToJsonText,
} from '../src/index.ts';
import { fromHex, fromNotation, jsonVectors, toHex, valueVectors } from './support/vectors.ts';

describe('a value', () => {
  it.each(valueVectors)('is decoded: $name', ({ hex, value }) => {
    expect(decodeValue(fromHex(hex))).toEqual(fromNotation(value));
  });

  it.each(valueVectors.filter(({ decodeOnly }) => !decodeOnly))('is encoded: $name', ({ hex, value }) => {
    expect(toHex(encodeValue(fromNotation(value)))).toBe(hex);
  });

  it.each(valueVectors)('has its JSON text: $name', ({ hex, json }) => {
    expect(valueToJsonText(decodeValue(fromHex(hex)))).toBe(json);
  });

  it.each(jsonVectors)('is read from JSON: $name', ({ json, value, hex }) => {
    const read = jsonTextToValue(json);
    expect(read).toEqual(fromNotation(value));
    expect(toHex(encodeValue(read))).toBe(hex);
  });

  it('tells a float from an integer and negative zero from zero', () => {
    expect(decodeValue(fromHex('82f93c0001'))).toEqual([new Float(1), 1]);
    expect(Object.is((decodeValue(fromHex('f98000')) as Float).value, -0)).toBe(true);
    expect(Object.is(decodeValue(fromHex('00')), 0)).toBe(true);
    expect(toHex(encodeValue(-0))).toBe('00');
  });

  it('is the same number whether it is given as number or bigint', () => {
    for (const number of [0, 23, 24, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -(2 ** 32), -(2 ** 32) - 1, 2 ** 53 - 1]) {
      expect(toHex(encodeValue(BigInt(number)))).toBe(toHex(encodeValue(number)));
    }
  });

  it('may be a plain object, whose undefined members are left out', () => {
    expect(toHex(encodeValue({ a: 1, b: undefined, c: { d: [] } }))).toBe('a26161016163a1616480');
  });

  it('keeps its floats to 32 bits for a device that computes in them', () => {
    expect(toHex(encodeValue([21.3, 0.5, 1e300], { float32: true }))).toBe('83fa41aa6666f93800f97c00');
  });

  it('has U+FFFD for half of a surrogate pair', () => {
    expect(toHex(encodeValue({ '\ud83d': 'a\udca1' }))).toBe('a163efbfbd6461efbfbd');
  });

  it('shares no memory with the bytes it was decoded from', () => {
    const bytes = Buffer.from('43010203', 'hex');
    const value = decodeValue(bytes);
    bytes.fill(0);
    expect(value).toEqual(new Uint8Array([1, 2, 3]));
    expect(Object.keys(bytes)).not.toContain('dataView');
  });

  it('is not encoded where it is deeper, larger or of more items than the limits', () => {
    expect(() => encodeValue([[[1]]], { maxDepth: 2 })).toThrow(expect.objectContaining({ code: 'too_deep' }));
    expect(() => encodeValue('x'.repeat(64), { maxBytes: 64 })).toThrow(expect.objectContaining({ code: 'too_large' }));
    expect(() => encodeValue([1, 2, 3], { maxItems: 3 })).toThrow(expect.objectContaining({ code: 'too_many_items' }));
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => encodeValue(loop as never)).toThrow(expect.objectContaining({ code: 'too_deep' }));
  });

  it('is not encoded where it is none', () => {
    const wrong: [unknown, string][] = [
      [undefined, 'bad_field'],
      [() => 1, 'bad_field'],
      [Symbol('x'), 'bad_field'],
      [2n ** 64n, 'bad_field'],
      [-(2n ** 63n) - 1n, 'bad_field'],
      [[undefined], 'bad_field'],
      [new Map([[-1, 1]]), 'bad_key'],
      [new Map([[65_536, 1]]), 'bad_key'],
      [new Map([[1.5, 1]]), 'bad_key'],
    ];
    for (const [value, code] of wrong) {
      expect(() => encodeValue(value as never)).toThrow(expect.objectContaining({ name: 'FrameError', code }));
    }
  });
});

describe('JSON text', () => {
  it.each([
    '',
    ' ',
    '{',
    '[1,',
    '[1,]',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '01',
    '1.',
    '.5',
    '+1',
    '"\u0001"',
    '"\\x"',
    '"a',
    'tru',
    '1 2',
    '[1 2]',
    '-',
    '"\\u12"',
  ])('is refused where it is none: %s', (text) => {
    expect(() => jsonTextToValue(text)).toThrow(expect.objectContaining({ name: 'FrameError', code: 'bad_json' }));
  });

  it('is refused where it is nested too deep, without using up the stack', () => {
    expect(() => jsonTextToValue('['.repeat(1_000_000))).toThrow(expect.objectContaining({ code: 'too_deep' }));
    expect(jsonTextToValue('[[1]]', { maxDepth: 2 })).toEqual([[1]]);
    expect(() => jsonTextToValue('[[1]]', { maxDepth: 1 })).toThrow(expect.objectContaining({ code: 'too_deep' }));
  });

  it('with a very long number is read in no time', () => {
    expect(jsonTextToValue('9'.repeat(1_000_000))).toBe(Number.POSITIVE_INFINITY);
  });

  it('of many bytes is their base64', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index);
    expect(valueToJsonText(bytes)).toBe(`"${Buffer.from(bytes).toString('base64')}"`);
  });
});

describe('a dictionary', () => {
  const names = ['temperature', 'humidity'];
  const numbers = new Map(names.map((name, index) => [name, index]));

  it('replaces keys by numbers at any depth, and names them again', () => {
    const value = jsonTextToValue('{"temperature":21.5,"list":[{"humidity":43}],"0":"temperature"}');
    const short = replaceKeys(value, numbers);
    expect(short).toEqual(
      new Map<string | number, unknown>([
        [0, 21.5],
        ['list', [new Map([[1, 43]])]],
        ['0', 'temperature'],
      ]),
    );
    expect(restoreKeys(short, names)).toEqual(value);
    expect(jsonTextToValue('{"humidity":43}', { keys: numbers })).toEqual(new Map([[1, 43]]));
  });

  it('tells which number nobody declared', () => {
    expect(() => restoreKeys(new Map([[7, 1]]), names)).toThrow(
      expect.objectContaining({ code: 'unknown_key', key: 7 }),
    );
  });
});
