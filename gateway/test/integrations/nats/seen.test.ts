import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Seen } from '../../../src/integrations/nats/seen.ts';

test('each message is new once, also out of order and with gaps', () => {
  const seen = new Seen();
  expect([5, 7, 6, 7, 5, 100, 6, 99].map((number) => seen.note('a', number))).toEqual([
    ...[true, true, true, false, false, true, false, true],
  ]);
  expect(seen.note('b', 7)).toBe(true);
});

test('it is as a set of all numbers, as long as none is late by more than the window', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 65_000 }), { maxLength: 200 }), fc.nat(2 ** 40), (late, base) => {
      const seen = new Seen();
      const all = new Set<number>();
      for (const each of late) {
        const number = base + each;
        expect(seen.note('a', number)).toBe(!all.has(number));
        all.add(number);
      }
    }),
  );
});

test('after a leap, what was before it is not taken again', () => {
  const seen = new Seen();
  let fresh = 0;
  for (let number = 1; number <= 70_000; number++) if (seen.note('a', number)) fresh++;
  expect(fresh).toBe(70_000);
  expect(seen.note('a', 1)).toBe(false);
  expect(seen.note('a', 10_000_000)).toBe(true);
  expect([70_000, 70_001, 10_000_000].map((number) => seen.note('a', number))).toEqual([false, false, false]);
  expect(seen.note('a', 9_999_999)).toBe(true);
});

test('of many origins those are remembered that were heard last', () => {
  const seen = new Seen();
  for (let count = 0; count < 300; count++) {
    expect(seen.note(`origin-${count}`, 1)).toBe(true);
    seen.note('often', count);
  }
  expect(seen.note('often', 299)).toBe(false);
  expect(seen.note('origin-299', 1)).toBe(false);
});
