import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/transports/line-splitter.ts';

const TOO_LONG = Symbol('too long');

function split(maxLineBytes: number, chunks: readonly (string | Buffer)[]): (string | symbol)[] {
  const lines: (string | symbol)[] = [];
  const splitter = new LineSplitter(maxLineBytes, {
    line: (text) => lines.push(text),
    tooLong: () => lines.push(TOO_LONG),
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  return lines;
}

test('lines end at a line feed, and a carriage return before it is no part of them', () => {
  expect(split(100, ['a\r\n\nb\rc\nrest'])).toEqual(['a', '', 'b\rc']);
});

test('a character that is cut in two by a chunk is whole in the line', () => {
  const bytes = Buffer.from('Grüße\n');
  expect(
    split(
      100,
      Array.from(bytes, (byte) => Buffer.of(byte)),
    ),
  ).toEqual(['Grüße']);
});

test('a line of the longest length is taken, one byte more is thrown away, and the next line counts', () => {
  expect(split(4, ['1234\n', '12345\n', 'ok\n'])).toEqual(['1234', TOO_LONG, 'ok']);
  expect(split(4, ['123', '45', '67', '\nok\n'])).toEqual([TOO_LONG, 'ok']);
});

test('a line that never ends is reported once', () => {
  expect(
    split(
      10,
      Array.from({ length: 1000 }, () => 'xxxxxxxx'),
    ),
  ).toEqual([TOO_LONG]);
});

test('it does not matter how the bytes are cut', () => {
  const text = fc.array(fc.constantFrom('a', 'bb', 'ü', '\n', '\r', '{}', 'x'.repeat(9)), { maxLength: 40 });
  const cuts = fc.array(fc.nat(60), { maxLength: 10 });
  fc.assert(
    fc.property(text, cuts, (pieces, places) => {
      const bytes = Buffer.from(`${pieces.join('')}\n`);
      const ends = [...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
      expect(split(12, chunks)).toEqual(split(12, [bytes]));
    }),
  );
});
