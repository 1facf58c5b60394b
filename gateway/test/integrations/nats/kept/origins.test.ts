import { describe, expect, it } from 'vitest';
import { Origins } from '../../../../src/integrations/nats/kept/origins.ts';

function origins(places: [string, { next: number; sequence: number }][] = []) {
  const forgotten: string[] = [];
  return { forgotten, origins: new Origins(places, (origin) => forgotten.push(origin)) };
}

describe('what is new of an origin', () => {
  it('is the number behind the last, and what is not comes again or too early', () => {
    const { origins: seen } = origins();
    expect(seen.standing('a', 0, 0)).toBe('next');
    seen.note('a', 0, 7);
    expect(seen.standing('a', 0, 0)).toBe('again');
    expect(seen.standing('a', 2, 1)).toBe('early');
    expect(seen.standing('a', 1, 1)).toBe('next');
    expect(seen.sequence).toBe(7);
  });

  it('is a number behind a gap that its sender will not fill, as it was told that all of that is safe', () => {
    const { origins: seen } = origins([['a', { next: 5, sequence: 9 }]]);
    expect(seen.standing('a', 8, 7)).toBe('early');
    expect(seen.standing('a', 8, 8)).toBe('next');
  });

  it('begins anywhere for one that was there before, and at 0 for a new one whose first message got lost', () => {
    const { origins: seen } = origins();
    expect(seen.standing('old', 70_000, 69_500)).toBe('next');
    expect(seen.standing('new', 1, 0)).toBe('early');
  });

  it('may have gaps once where a part of the stream was not seen', () => {
    const { origins: seen } = origins([['a', { next: 5, sequence: 9 }]]);
    seen.broke();
    expect(seen.standing('a', 4, 0)).toBe('again');
    expect(seen.standing('a', 50, 20)).toBe('next');
    seen.note('a', 50, 100);
    expect(seen.standing('a', 60, 20)).toBe('early');
  });

  it('is remembered for a thousand, of which the one that was silent for longest makes room', () => {
    const { origins: seen, forgotten } = origins([['first', { next: 1, sequence: 1 }]]);
    for (let each = 0; each < 1000; each++) seen.note(`run-${each}`, 0, 2 + each);
    expect(forgotten).toEqual(['first']);
  });
});
