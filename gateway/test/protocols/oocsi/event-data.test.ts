import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Kind, Message } from '../../../src/hub/message.ts';
import { eventDataText, toEventData } from '../../../src/protocols/oocsi/event-data.ts';

function dataOf(kind: Kind, body: string | Uint8Array, objectKey?: string): string {
  return eventDataText(new Message({ from: 'a', to: 'b', kind, body, timestampMs: 0, objectKey }));
}

describe('what OOCSI sees of a message', () => {
  it('is the fields of a dict, sorted by UTF-16 units', () => {
    expect(dataOf('dict', '{"b":1.0,"a":[1, 2],"Z":"x","\\u00e9":2,"aa":3}')).toBe(
      '{"Z":"x","a":[1, 2],"aa":3,"b":1.0,"é":2}',
    );
  });

  it('is the fields of an object in a json message, and any other value as json', () => {
    expect(dataOf('json', '{"a":1}')).toBe('{"a":1}');
    expect(dataOf('json', ' [1,\n2] ')).toBe('{"json":[1,2]}');
    expect(dataOf('json', '1.0')).toBe('{"json":1.0}');
    expect(dataOf('json', '"x"')).toBe('{"json":"x"}');
  });

  it('is the text itself where a json message cannot be read', () => {
    expect(dataOf('json', '{"a":')).toBe('{"json":"{\\"a\\":"}');
    expect(dataOf('json', '')).toBe('{"json":""}');
    const deep = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
    expect(dataOf('dict', deep)).toBe(`{"json":${JSON.stringify(deep)}}`);
  });

  it('is a member named after its kind for text and bytes', () => {
    expect(dataOf('text', 'say "hi"\n\ud800')).toBe('{"text":"say \\"hi\\"\\n\\ud800"}');
    expect(dataOf('bytes', new Uint8Array([0, 255, 16]))).toBe('{"bytes":"AP8Q"}');
    expect(dataOf('bytes', new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('{"bytes":"AgM="}');
  });

  it('is the name, kind and key of an object', () => {
    expect(dataOf('image', '/home/ann/cat.png', 'k/1')).toBe(
      '{"file":"/home/ann/cat.png","fileName":"cat.png","kind":"image","object_key":"k/1"}',
    );
    expect(dataOf('folder', 'photos')).toBe('{"file":"photos","fileName":"photos","kind":"folder"}');
  });

  it('has no nulls, and of equal names the last', () => {
    expect(dataOf('dict', '{"a":null,"b":1,"b":2,"c":3,"c":null,"d":[null]}')).toBe('{"b":2,"d":[null]}');
  });

  it('has null where Python wrote a number that JSON does not have', () => {
    expect(dataOf('dict', '{"a":NaN,"b":[1,-Infinity,"NaN \\" Infinity",{"c":Infinity}],"d":"NaN"}')).toBe(
      '{"b":[1,null,"NaN \\" Infinity",{"c":null}],"d":"NaN"}',
    );
    expect(dataOf('json', '[NaN]')).toBe('{"json":[null]}');
  });

  it('keeps __proto__ a field like any other', () => {
    expect(dataOf('dict', '{"__proto__":{"x":1},"constructor":2}')).toBe('{"__proto__":{"x":1},"constructor":2}');
  });

  it('stands on one line, however the object was written', () => {
    expect(dataOf('dict', '{\r\n "a": [\n  1,\r\n  "x\\ny"\n ]\n}')).toBe('{"a":[  1,  "x\\ny" ]}');
  });

  it('has every member of an object with many, sorted', () => {
    const members = Array.from({ length: 500 }, (_, index) => [`k${(index * 7919) % 500}`, index]);
    const text = dataOf('dict', JSON.stringify(Object.fromEntries(members)));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(members.map(([name]) => name).sort());
  });

  it('means what the object means, for every object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (value, pretty) => {
        const text = dataOf('dict', JSON.stringify(value, null, pretty ? 2 : 0));
        const kept = Object.entries(JSON.parse(JSON.stringify(value)) as object).filter(([, field]) => field !== null);
        expect(text).not.toContain('\n');
        expect(new Map(Object.entries(JSON.parse(text) as object))).toEqual(new Map(kept));
      }),
    );
  });

  it('is made once for each message', () => {
    const message = new Message({ from: 'a', to: 'b', kind: 'dict', body: '{"b":1,"a":2}', timestampMs: 0 });
    expect(toEventData.of(message)).toBe(toEventData.of(message));
  });
});
