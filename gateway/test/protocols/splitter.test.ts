import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../src/transports/line-splitter.ts';

const TOO_LONG = Symbol('too long');
type Output = string | typeof TOO_LONG;

interface Probe {
  splitter: LineSplitter;
  output: Output[];
}

function probe(maxLineBytes = 100): Probe {
  const output: Output[] = [];
  const splitter = new LineSplitter(maxLineBytes, {
    line: (text) => output.push(text),
    tooLong: () => output.push(TOO_LONG),
  });
  return { splitter, output };
}

/** What comes out when `bytes` are cut before each of the indexes in `cuts`. */
function split(bytes: Buffer, cuts: number[], maxLineBytes?: number): Output[] {
  const { splitter, output } = probe(maxLineBytes);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    splitter.push(bytes.subarray(from, cut));
    from = cut;
  }
  splitter.push(bytes.subarray(from));
  return output;
}

describe('LineSplitter', () => {
  it('gives each line without its line break, and no line that is not finished', () => {
    const { splitter, output } = probe();
    splitter.push(Buffer.from('one\ntwo\n\nthr'));
    expect(output).toEqual(['one', 'two', '']);
    expect(splitter.pending).toBe(true);
    splitter.push(Buffer.from('ee\n'));
    expect(output).toEqual(['one', 'two', '', 'three']);
    expect(splitter.pending).toBe(false);
  });

  it('takes one carriage return off, and only at the end', () => {
    expect(split(Buffer.from('a\r\n\r\nb\rc\nd\r\r\n'), [])).toEqual(['a', '', 'b\rc', 'd\r']);
  });

  it('gives the same lines wherever the bytes are cut in two', () => {
    const bytes = Buffer.from('sendraw ch {"t":"21 °C, 温度 🌡"}\r\n.\n\nüber\n');
    const whole = split(bytes, []);
    expect(whole).toEqual(['sendraw ch {"t":"21 °C, 温度 🌡"}', '.', '', 'über']);
    for (let cut = 0; cut <= bytes.length; cut++) expect(split(bytes, [cut])).toEqual(whole);
  });

  it('gives the same lines when the bytes come one by one', () => {
    const bytes = Buffer.from('温度\r\n🌡🌡\n');
    expect(split(bytes, [...bytes.keys()])).toEqual(['温度', '🌡🌡']);
  });

  it('replaces bytes that are not UTF-8, and goes on', () => {
    const bytes = Buffer.concat([Buffer.from([0x61, 0xff, 0xe2, 0x82]), Buffer.from('\nok\n')]);
    expect(split(bytes, [])).toEqual(['a\ufffd\ufffd', 'ok']);
    expect(split(bytes, [2, 3])).toEqual(['a\ufffd\ufffd', 'ok']);
  });

  it('takes a line of exactly the limit, and skips a longer one once, up to its end', () => {
    const bytes = Buffer.from(`${'a'.repeat(10)}\n${'b'.repeat(11)}\nc\n${'d'.repeat(50)}\n${'e'.repeat(10)}\n`);
    const whole = split(bytes, [], 10);
    expect(whole).toEqual(['a'.repeat(10), TOO_LONG, 'c', TOO_LONG, 'e'.repeat(10)]);
    for (let cut = 0; cut <= bytes.length; cut++) expect(split(bytes, [cut], 10)).toEqual(whole);
  });

  it('counts bytes, not characters', () => {
    expect(split(Buffer.from('ää\näää\n'), [], 4)).toEqual(['ää', TOO_LONG]);
  });

  it('reports a line that never ends once, and holds none of it', () => {
    const { splitter, output } = probe(1000);
    for (let count = 0; count < 100; count++) splitter.push(Buffer.alloc(100, 'x'));
    expect(output).toEqual([TOO_LONG]);
    expect(splitter.pending).toBe(false);
    splitter.push(Buffer.from('x\nok\n'));
    expect(output).toEqual([TOO_LONG, 'ok']);
  });

  it('keeps a line that trickles in whole', () => {
    const line = '温度'.repeat(500);
    const bytes = Buffer.from(`${line}\n`);
    expect(split(bytes, [...bytes.keys()], bytes.length)).toEqual([line]);
  });

  it('does not change what it holds when the chunk is written over', () => {
    const { splitter, output } = probe();
    const chunk = Buffer.from('hel');
    splitter.push(chunk);
    chunk.fill('x');
    splitter.push(Buffer.from('lo\n'));
    expect(output).toEqual(['hello']);
  });

  it('never depends on how the bytes are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', '', 'ä', '温', '🌡', 'a'.repeat(12)),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    );
    const bytes = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array.map((byte) => (byte % 7 === 0 ? 10 : byte)))),
    );
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.nat(200), { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (text, cuts, limit) => {
          const bounded = cuts.map((cut) => Math.min(cut, text.length));
          const unfinished = text.subarray(text.lastIndexOf(10) + 1).length > limit ? [TOO_LONG] : [];
          const expected = text
            .subarray(0, text.lastIndexOf(10) + 1)
            .toString('latin1')
            .split('\n')
            .slice(0, -1)
            .map((line) =>
              line.length > limit ? TOO_LONG : Buffer.from(line, 'latin1').toString('utf8').replace(/\r$/, ''),
            );
          expect(split(text, bounded, limit)).toEqual([...expected, ...unfinished]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
