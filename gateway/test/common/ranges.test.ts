import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readContentRange, readRange } from '../../src/common/ranges.ts';

describe('a Range', () => {
  it.each([
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['bytes=3-', 10, { start: 3, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-30', 10, { start: 0, end: 9 }],
    ['bytes=5-99999999999999999999', 10, { start: 5, end: 9 }],
    ['BYTES=1-2', 10, { start: 1, end: 2 }],
    ['bytes= 1-2 ,', 10, { start: 1, end: 2 }],
    ['bytes=50-60, 1-2', 10, { start: 1, end: 2 }],
    ['bytes=10-', 10, 'none'],
    ['bytes=-0', 10, 'none'],
    ['bytes=10-11,20-', 10, 'none'],
    ['bytes=0-', 0, 'none'],
    ['bytes=-5', 0, undefined],
    ['bytes=0-1,3-4', 10, undefined],
    ['bytes=4-2', 10, undefined],
    ['bytes=0-1,4-2', 10, undefined],
    ['bytes=', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes 0-1', 10, undefined],
    ['lines=0-1', 10, undefined],
    [undefined, 10, undefined],
  ])('%s of %i bytes is %o', (header, size, expected) => {
    expect(readRange(header, size)).toEqual(expected);
  });

  it('lies within what there is, whatever is asked for', () => {
    const number = fc.oneof(fc.constant(''), fc.nat().map(String), fc.bigInt({ min: 0n }).map(String));
    fc.assert(
      fc.property(number, number, fc.nat({ max: 5000 }), (first, last, size) => {
        const range = readRange(`bytes=${first}-${last}`, size);
        if (typeof range !== 'object') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
      { seed: 8 },
    );
  });
});

describe('a Content-Range', () => {
  it.each([
    ['bytes 0-9/10', { range: { start: 0, end: 9 }, size: 10 }],
    ['Bytes 0-9/*', { range: { start: 0, end: 9 }, size: undefined }],
    ['bytes */10', { range: undefined, size: 10 }],
    ['bytes */0', { range: undefined, size: 0 }],
    ['bytes 5-4/10', undefined],
    ['bytes 5-10/10', undefined],
    ['bytes=0-9/10', undefined],
    ['lines 0-9/10', undefined],
  ])('%s is %o', (header, expected) => {
    expect(readContentRange(header)).toEqual(expected);
  });
});
