import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLine } from '../../../src/protocols/lines/codec.ts';
import { withLineFeeds } from '../../../src/protocols/lines/line-ends.ts';
import { LineSplitter } from '../../../src/transports/line-splitter.ts';

/** The lines that say something, of bytes that come in these chunks. */
function lines(chunks: readonly Buffer[]): string[] {
  const found: string[] = [];
  const splitter = new LineSplitter(100, {
    line: (text) => {
      const line = decodeLine(text);
      if (line.is === 'text') found.push(line.text);
    },
    tooLong: () => found.push('too long'),
  });
  for (const chunk of chunks) splitter.push(withLineFeeds(chunk));
  return found;
}

test.each(['\n', '\r\n', '\n\r', '\r\r\n', '\r'])('lines that end %j are the lines', (end) => {
  expect(lines([Buffer.from(['one', 'two', 'three'].map((line) => line + end).join(''))])).toEqual([
    'one',
    'two',
    'three',
  ]);
});

test('what is written over the same place of a terminal is a line each time', () => {
  expect(lines([Buffer.from('10%\r20%\r30%\r\ndone\n')])).toEqual(['10%', '20%', '30%', 'done']);
});

test('it does not matter how the bytes are cut, nor which line ends are mixed', () => {
  const piece = fc.tuple(
    fc.constantFrom('a', 'bb', 'ü', '21.5'),
    fc.constantFrom('\n', '\r\n', '\n\r', '\r\r\n', '\r'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(60), { maxLength: 10 }), (pieces, places) => {
      const bytes = Buffer.from(pieces.map(([text, end]) => text + end).join(''));
      const ends = [...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
      expect(lines(chunks)).toEqual(pieces.map(([text]) => text));
    }),
  );
});

test('the bytes that came stay as they are', () => {
  const bytes = Buffer.from('a\r\n');
  withLineFeeds(bytes);
  expect(bytes.toString()).toBe('a\r\n');
});
