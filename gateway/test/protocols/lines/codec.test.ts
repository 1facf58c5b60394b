import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kind, Message } from '../../../src/hub/message.ts';
import { channelLine, decodeLine, inboxLine } from '../../../src/protocols/lines/codec.ts';

function message(kind: Kind, body: string | Uint8Array, objectKey?: string): Message {
  return new Message({ from: 'python', to: 'lights', kind, body, timestampMs: 0, objectKey });
}

const inbox = (kind: Kind, body: string | Uint8Array, key?: string) =>
  inboxLine.of(message(kind, body, key)).toString();
const channel = (kind: Kind, body: string | Uint8Array) => channelLine.of(message(kind, body)).toString();

describe('a line from a device', () => {
  test('is a dict for the device’s own channel where it names no recipient', () => {
    expect(decodeLine('{"temperature":21.50}')).toMatchObject({
      is: 'dict',
      to: undefined,
      body: '{"temperature":21.50}',
    });
  });

  test('is a dict for its recipient, with every other literal as it came', () => {
    expect(decodeLine(' {"a":1.0, "to" : "li\\u0067hts","b":12345678901234567890} ')).toMatchObject({
      is: 'dict',
      to: 'lights',
      body: '{"a":1.0,"b":12345678901234567890}',
    });
  });

  test('keeps a "to" that is no string in its content', () => {
    expect(decodeLine('{"to":7}')).toMatchObject({ is: 'dict', to: undefined, body: '{"to":7}' });
  });

  test('with a "to" further down names no recipient', () => {
    expect(decodeLine('{"a":{"to":"b"}}')).toMatchObject({ to: undefined });
  });

  test('that is empty says nothing', () => {
    expect(decodeLine('')).toEqual({ is: 'empty' });
    expect(decodeLine(' \t ')).toEqual({ is: 'empty' });
  });

  test.each(['21.5', '[1,2]', 'hello', '{"broken":', '{"temperature":nan}', 'Grüße', '"to"'])(
    'such as %s is text',
    (text) => {
      expect(decodeLine(text)).toEqual({ is: 'text', text });
    },
  );

  test.each([
    ['NUL of a board that starts', '\0\0hello\0', 'hello'],
    ['XON and XOFF', '\u0011hel\u0013lo', 'hello'],
    ['a byte order mark', '\ufeffhello', 'hello'],
    ['the colours of ESP-IDF', '\u001b[0;32mI (312) wifi: up\u001b[0m', 'I (312) wifi: up'],
    ['NUL before an object', '\0{"a":1}', undefined],
  ])('is its text without %s', (_, line, text) => {
    expect(decodeLine(line)).toMatchObject(text === undefined ? { is: 'dict', body: '{"a":1}' } : { is: 'text', text });
  });

  test.each(['\u0001boot', 'a\u001b[2J', '{"a":"\ufffd"}', 'x\u007f', 'ets Jan\b  8'])(
    'such as %j is noise',
    (text) => {
      expect(decodeLine(text)).toEqual({ is: 'noise' });
    },
  );

  test('of any kind never throws, and what is left of a dict is one JSON object', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.dictionary(fc.string(), fc.jsonValue()).map((v) => JSON.stringify(v)),
        ),
        (text) => {
          const line = decodeLine(text);
          if (line.is === 'dict') expect(JSON.parse(line.body)).toBeTypeOf('object');
        },
      ),
    );
  });
});

describe('a line to a device', () => {
  test('says who sent a dict, and the channel only where it is not the device’s own', () => {
    expect(inbox('dict', '{"led":1}')).toBe('{"from":"python","led":1}\n');
    expect(channel('dict', '{"led":1}')).toBe('{"from":"python","to":"lights","led":1}\n');
    expect(inbox('dict', '{}')).toBe('{"from":"python"}\n');
  });

  test('overrides what the sender wrote for "from" and "to"', () => {
    expect(channel('dict', '{"to":"x","from":"boss","a":1}')).toBe('{"from":"python","to":"lights","a":1}\n');
  });

  test('keeps number literals, has null for Python’s NaN, and drops blanks and line breaks between tokens only', () => {
    const pretty = '{\n  "a": 1.0,\r\n  "b": [ 1,\n 2 ], "c": { "d e": "f  g\\" h" }, "n": NaN\n}';
    expect(inbox('dict', pretty)).toBe('{"from":"python","a":1.0,"b":[1,2],"c":{"d e":"f  g\\" h"},"n":null}\n');
  });

  test('is the bare text of a text', () => {
    expect(inbox('text', 'hello {you}')).toBe('hello {you}\n');
    expect(channel('text', '21.5')).toBe('21.5\n');
  });

  test.each(['', '{"led":1}', 'two\nlines', 'carriage\rreturn', '\u0000'])('wraps the text %j', (text) => {
    const line = channel('text', text);
    expect(JSON.parse(line)).toEqual({ from: 'python', to: 'lights', text });
    expect(line.indexOf('\n')).toBe(line.length - 1);
  });

  test('of kind json is a dict where it is an object, else the value', () => {
    expect(inbox('json', ' {"led": 1}')).toBe('{"from":"python","led":1}\n');
    expect(inbox('json', '[1, 2.0]')).toBe('{"from":"python","json":[1,2.0]}\n');
    expect(inbox('json', 'not json')).toBe('{"from":"python","json":"not json"}\n');
  });

  test('has bytes as base64, whatever part of a buffer they are', () => {
    const bytes = new Uint8Array([9, 0, 255, 16, 9]).subarray(1, 4);
    expect(inbox('bytes', bytes)).toBe('{"from":"python","bytes":"AP8Q"}\n');
  });

  test('names a file and its key', () => {
    expect(inbox('image', 'cat.png', 'k/1')).toBe(
      '{"from":"python","file":"cat.png","fileName":"cat.png","kind":"image","object_key":"k/1"}\n',
    );
    expect(inbox('folder', 'trip')).toBe('{"from":"python","file":"trip","fileName":"trip","kind":"folder"}\n');
  });

  test('is one line of valid JSON for every dict', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 3), (value, indent) => {
        const line = channel('dict', JSON.stringify(value, null, indent));
        const { from: _from, to: _to, ...rest } = value;
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ ...rest, from: 'python', to: 'lights' })));
        expect(line.indexOf('\n')).toBe(line.length - 1);
      }),
    );
  });
});
