import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeFloat32 } from '../../../src/hub/functional/float.ts';

it.each<[number, string]>([
  [100, '100.0'],
  [0, '0.0'],
  [-0, '0.0'],
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [-2.5, '-2.5'],
  [9999999, '9999999.0'],
  [1e7, '1.0E7'],
  [-12345678, '-1.2345678E7'],
  [123456789, '1.2345679E8'],
  [1e21, '1.0E21'],
  [0.001, '0.001'],
  [0.000123, '1.23E-4'],
  [1.5e-7, '1.5E-7'],
])('writes %d as %s', (value, expected) => {
  expect(writeFloat32(value)).toBe(expected);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e39])('does not write %d', (value) => {
  expect(writeFloat32(value)).toBeUndefined();
});

it('writes JSON that reads back as the same float, with a decimal point', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = writeFloat32(value) as string;
      expect(text).toContain('.');
      expect(Math.fround(JSON.parse(text) as number) + 0).toBe(value + 0);
    }),
  );
});
