import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  decodeValue,
  encodeSlip,
  encodeValue,
  Float,
  FrameError,
  jsonTextToValue,
  SlipDecoder,
  type Value,
  valueToJsonText,
} from '../src/index.ts';
import { toHex } from './support/vectors.ts';

const SEED = 20_260_101;
const RUNS = { seed: SEED, numRuns: 300 };

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const float = fc.double().map((number) => (Number.isInteger(number) ? new Float(number) : number));
const integer = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
  .map((number): Value => (Number.isSafeInteger(Number(number)) ? Number(number) : number));
const smallInteger = fc.integer().map((number) => (number === 0 ? 0 : number));

function anyValue(leaf: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 5 }),
      fc
        .array(fc.tuple(fc.oneof(text, fc.nat(65_535)), tie('value')), { maxLength: 5 })
        .map((pairs): Value => new Map(pairs)),
    ),
  })).value;
}

const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, true, false),
  smallInteger,
  integer,
  float,
  text,
  fc.uint8Array({ maxLength: 40 }).map((bytes): Value => new Uint8Array(bytes)),
);

describe('any value', () => {
  it('decodes to itself, from bytes that encode again to the same', () => {
    fc.assert(
      fc.property(anyValue(leaf), (value) => {
        const bytes = encodeValue(value);
        const decoded = decodeValue(bytes);
        expect(decoded).toEqual(value);
        expect(toHex(encodeValue(decoded))).toBe(toHex(bytes));
      }),
      RUNS,
    );
  });

  it('has JSON text that every reader of JSON takes, and that reads back to the same text', () => {
    fc.assert(
      fc.property(anyValue(leaf), (value) => {
        const json = valueToJsonText(value);
        expect(() => JSON.parse(json)).not.toThrow();
        // Two keys may have one name in JSON: 1 and "1".
        const once = jsonTextToValue(json);
        const again = valueToJsonText(once);
        expect(valueToJsonText(jsonTextToValue(again))).toBe(again);
      }),
      RUNS,
    );
  });

  it('is the same number after a 32-bit float went through JSON', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const json = valueToJsonText(decodeValue(encodeValue(new Float(number))));
        expect(Math.fround(Number(json))).toBe(number);
        expect(json.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length).toBeLessThan(
          10,
        );
      }),
      RUNS,
    );
  });
});

describe('any bytes', () => {
  it('are a frame, or refused with a FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 0x81, max: 0x97 }), (bytes, head) => {
        const frame = new Uint8Array([head, ...bytes]);
        try {
          expect(decodeFrame(frame)).toHaveProperty('type');
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { ...RUNS, numRuns: 3_000 },
    );
  });

  it('on a serial line give the same in whatever chunks they come', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => encodeSlip(new Uint8Array([0x83, ...bytes]))),
      fc.constant(new Uint8Array([0xc0])),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }),
        (pieces, sizes) => {
          const line = new Uint8Array(pieces.flatMap((bytes) => [...bytes]));
          const chunks: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < line.length; turn++) {
            const size = (sizes[turn % sizes.length] as number) + 1;
            chunks.push(line.subarray(at, at + size));
            at += size;
          }
          expect(heard(chunks)).toEqual(heard([line]));
        },
      ),
      RUNS,
    );
  });
});

/** Frames, faults and the text between them. */
function heard(chunks: Uint8Array[]): string[] {
  const events: string[] = [''];
  const decoder = new SlipDecoder(48, {
    frame: (bytes) => events.push(`frame ${toHex(bytes)}`, ''),
    fault: (fault) => events.push(fault, ''),
    text: (bytes) => {
      events[events.length - 1] += toHex(bytes);
    },
  });
  for (const chunk of chunks) decoder.push(chunk);
  return events;
}
