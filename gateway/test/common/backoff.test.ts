import { expect, it } from 'vitest';
import { Backoff } from '../../src/common/backoff.ts';

it('waits up to twice as long each time, never longer than the longest, and begins anew after a success', () => {
  const backoff = new Backoff(1000, 8000, () => 1);
  expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
  backoff.reset();
  expect(backoff.next()).toBe(1000);
});

it('spreads over the upper half, so that many who failed together do not come back together', () => {
  const pauses = [0, 0.5, 0.999].map((random) => new Backoff(1000, 8000, () => random).next());
  expect(pauses).toEqual([500, 750, 999.5]);
});
