import { describe, expect, it } from 'vitest';
import { readTime, readWish } from '../../../src/hub/history/wish.ts';

const ALL = Number.POSITIVE_INFINITY;

describe('what a subscriber wants of the past', () => {
  it.each([
    ['replay(10)', { most: 10, withinMs: ALL }],
    ['since("10m")', { most: ALL, withinMs: 600_000 }],
    ["since('1.5h')", { most: ALL, withinMs: 5_400_000 }],
    ['since(30s)', { most: ALL, withinMs: 30_000 }],
    ['since("2 d");replay( 5 )', { most: 5, withinMs: 172_800_000 }],
    ['filter(a > 1);replay(3);transform(b, a * 2)', { most: 3, withinMs: ALL }],
    ['replay(0)', { most: 0, withinMs: ALL }],
    ['filter(x == "replay(1)")', undefined],
    ['filter(since > 3)', undefined],
    ['', undefined],
  ])('%s is read', (functions, wish) => {
    expect(readWish(functions)).toEqual(wish);
  });

  it.each([
    'replay()',
    'replay(-1)',
    'replay(1.5)',
    'replay(ten)',
    'replay(1);replay(2)',
    'since()',
    'since(10)',
    'since("10 years")',
    'since("1s");since("2s")',
    'replay(99999999999)',
  ])('%s is refused', (functions) => {
    expect(readWish(functions)).toBe('malformed');
  });

  it('a time has a unit', () => {
    expect(['250ms', '2s', '3m', '1h', '1d', '5', 's', ''].map(readTime)).toEqual([
      ...[250, 2000, 180_000, 3_600_000, 86_400_000],
      ...[undefined, undefined, undefined],
    ]);
  });
});
