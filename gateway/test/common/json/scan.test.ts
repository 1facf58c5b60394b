import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeString,
  isJson,
  JsonScanError,
  quote,
  type RawMember,
  scanArray,
  scanObject,
  skipValue,
  writeObject,
} from '../../../src/common/json/scan.ts';

function read(text: string): [string, string][] {
  return scanObject(text).map(({ name, raw }) => [name, raw]);
}

function parsesAsObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function scans(text: string): boolean {
  try {
    scanObject(text);
    return true;
  } catch (error) {
    if (error instanceof JsonScanError) return false;
    throw error;
  }
}

/** JSON text with something wrong in it, more often than not. */
const damagedJson = fc
  .tuple(
    fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
    fc.nat(),
    fc.constantFrom(
      '',
      ' ',
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '0',
      '1',
      '-',
      '+',
      '.',
      'e',
      '\\',
      '\\u12',
      'nul',
      '\n',
      '\u0000',
      '\u00e9',
    ),
    fc.nat(2),
  )
  .map(([value, place, inserted, removed]) => {
    const text = JSON.stringify(value);
    const at = place % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + removed);
  });

/** Tokens of JSON in any order. */
const tokens = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\n"',
      '1',
      '-0',
      '01',
      '1.5',
      '1.',
      '.5',
      '1e3',
      '1E+',
      'true',
      'null',
      ' ',
      '\t',
    ),
    { maxLength: 10 },
  )
  .map((list) => `{"k":${list.join('')}}`);

describe('scanObject', () => {
  it('gives each member with its literal as it was written', () => {
    expect(read('{"a":1,"b":1.0,"c":1e5,"d":-0,"e":123456789012345678901234567890}')).toEqual([
      ['a', '1'],
      ['b', '1.0'],
      ['c', '1e5'],
      ['d', '-0'],
      ['e', '123456789012345678901234567890'],
    ]);
  });

  it('keeps nested values as slices, blanks included', () => {
    expect(read('{"a": [1, {"b": "]}"}] , "c":{ }}')).toEqual([
      ['a', '[1, {"b": "]}"}]'],
      ['c', '{ }'],
    ]);
  });

  it('accepts blanks everywhere between tokens, and only those of JSON', () => {
    expect(read(' \t\r\n{ \n"a"\t:\r1 \n, "b" : true } ')).toEqual([
      ['a', '1'],
      ['b', 'true'],
    ]);
    expect(scans('{\u00a0"a":1}')).toBe(false);
    expect(scans('\ufeff{}')).toBe(false);
  });

  it('decodes names and leaves values encoded', () => {
    expect(read('{"\\u0041\\n":"\\u0041","\\ud800":"\\udfff"}')).toEqual([
      ['A\n', '"\\u0041"'],
      ['\ud800', '"\\udfff"'],
    ]);
  });

  it('gives a name that occurs twice twice, and __proto__ like any other', () => {
    expect(read('{"a":1,"a":2,"__proto__":3,"":4}')).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['__proto__', '3'],
      ['', '4'],
    ]);
  });

  it('refuses numbers that Python writes, unless it is told to take them', () => {
    for (const raw of ['NaN', 'Infinity', '-Infinity']) {
      const text = `{"a":${raw},"b":[${raw}]}`;
      expect(scans(text)).toBe(false);
      expect(scanObject(text, { nonFinite: true })).toEqual([
        { name: 'a', raw },
        { name: 'b', raw: `[${raw}]` },
      ]);
    }
    for (const raw of ['-NaN', '+Infinity', 'nan', 'Inf', 'NaNs']) {
      expect(() => scanObject(`{"a":${raw}}`, { nonFinite: true }), raw).toThrow(JsonScanError);
    }
  });

  it('reads down to the depth limit and no deeper', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(scans(nested(64))).toBe(true);
    expect(scans(nested(65))).toBe(false);
    expect(scanObject(nested(3), { maxDepth: 3 })).toHaveLength(1);
    expect(() => scanObject(nested(4), { maxDepth: 3 })).toThrow('nested deeper than 3 levels at character 7');
    expect(() => scanObject(`{"a":[${'{"b":['.repeat(100)}`)).toThrow('nested deeper');
  });

  it('does not exhaust the stack on a million brackets', () => {
    expect(scans(`{"a":${'['.repeat(1_000_000)}`)).toBe(false);
    expect(() => scanObject(`{"a":${'['.repeat(1_000_000)}`, { maxDepth: Number.POSITIVE_INFINITY })).toThrow(
      JsonScanError,
    );
  });

  it.each([
    ['', 'not an object at character 0'],
    ['[1]', 'not an object at character 0'],
    ['{"a":1', 'neither a comma nor the end at character 6'],
    ['{"a"1}', 'a name without a colon at character 4'],
    ['{a:1}', 'a member without a name at character 1'],
    ['{"a":1,}', 'a member without a name at character 7'],
    ['{"a":}', 'no value at character 5'],
    ['{"a":1} x', 'something after the end at character 8'],
    ['{"a":"b', 'a string without its end at character 7'],
    ['{"a":"\\x"}', 'a wrong escape at character 6'],
    ['{"a":"\\u12"}', 'a wrong escape at character 6'],
    ['{"a":"\t"}', 'a control character in a string at character 6'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => scanObject(text)).toThrow(message);
  });

  it('accepts exactly the objects that JSON.parse accepts', () => {
    const check = (text: string): void => {
      expect(scans(text), text).toBe(parsesAsObject(text));
    };
    fc.assert(fc.property(fc.json({ maxDepth: 10 }), check));
    fc.assert(fc.property(damagedJson, check), { numRuns: 2000 });
    fc.assert(fc.property(tokens, check), { numRuns: 2000 });
    fc.assert(
      fc.property(
        fc.string({ maxLength: 8 }).map((text) => `{"a":${text}}`),
        check,
      ),
      { numRuns: 1000 },
    );
  });

  it('fails cleanly on every truncated prefix', () => {
    const text = '{"a":[1.5e-3,{"b":"\\u00e9\\\\"}],"c":-0,"d":null,"e":false}';
    expect(scans(text)).toBe(true);
    for (let length = 0; length < text.length; length++) expect(scans(text.slice(0, length)), `${length}`).toBe(false);
  });

  it('finds the values that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.boolean(), (value, spaced) => {
        const text = JSON.stringify(value, null, spaced ? 2 : 0);
        const parsed = scanObject(text).map(({ name, raw }): [string, unknown] => [name, JSON.parse(raw)]);
        expect(parsed).toEqual(Object.entries(JSON.parse(text) as object));
      }),
    );
  });
});

describe('scanArray', () => {
  it('gives each element as it was written', () => {
    expect(scanArray(' [1.0, "a,b" ,[2,3],{"c":4}] ')).toEqual(['1.0', '"a,b"', '[2,3]', '{"c":4}']);
    expect(scanArray('[]')).toEqual([]);
  });

  it.each(['', '{}', '[', '[1', '[1,]', '[,1]', '[1] 2', '[1 2]'])('refuses %j', (text) => {
    expect(() => scanArray(text)).toThrow(JsonScanError);
  });

  it('finds the elements that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(scanArray(text).map((raw): unknown => JSON.parse(raw))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('isJson', () => {
  it('accepts exactly what JSON.parse accepts', () => {
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const check = (text: string): void => {
      expect(isJson(text), text).toBe(parses(text));
    };
    fc.assert(fc.property(fc.json(), check));
    fc.assert(fc.property(damagedJson, check), { numRuns: 1000 });
    for (const text of ['', ' ', '1', '-', '-1', '00', '1.', 'true', 'tru', '"', '""', 'null ', 'NaN', '1e', '1e5'])
      check(text);
  });
});

describe('skipValue', () => {
  it('ends after the value, whatever follows', () => {
    expect(skipValue('[1,[2]],3', 0)).toBe(7);
    expect(skipValue('"a\\"b"c', 0)).toBe(6);
    expect(skipValue('12,', 0)).toBe(2);
    expect(skipValue('x=-1.5e3}', 2)).toBe(8);
  });

  it('counts the depth it is told to begin with', () => {
    expect(skipValue('[[]]', 0, { maxDepth: 2 })).toBe(4);
    expect(() => skipValue('[[]]', 0, { maxDepth: 2 }, 1)).toThrow('nested deeper than 2 levels');
  });
});

describe('writing', () => {
  it('writes members so that they can be read again', () => {
    const member = fc.record({
      name: fc.string({ unit: 'binary' }),
      raw: fc.jsonValue().map((value) => JSON.stringify(value)),
    });
    fc.assert(
      fc.property(fc.array(member), (members: RawMember[]) => {
        expect(scanObject(writeObject(members))).toEqual(members);
      }),
    );
  });

  it('quotes as JSON.stringify does, lone surrogates escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(quote(text)).toBe(JSON.stringify(text));
        expect(decodeString(quote(text))).toBe(text);
      }),
    );
    expect(quote('\ud800')).toBe('"\\ud800"');
  });
});
