import { BeatClock } from '@crosscomm/client';
import { expect, test } from 'vitest';

/** All numbers that a clock gives from one time to another, by milliseconds. */
function numbers(clock: BeatClock, fromMs: number, toMs: number): number[] {
  const given: number[] = [];
  for (let ms = fromMs; ms < toMs; ms++) {
    const number = clock.take(ms);
    if (number !== undefined) given.push(number);
  }
  return given;
}

test('a clock gives each pulse once, also where nothing is told any more', () => {
  const clock = new BeatClock();
  expect([clock.take(0), clock.dueMs, clock.phase(0)]).toEqual([undefined, undefined, 0]);
  clock.hear({ beat: 7, periodMs: 100, lateMs: 20 }, 1000);
  expect(clock.dueMs).toBe(1080);
  expect(clock.phase(1005)).toBeCloseTo(0.25);
  expect(numbers(clock, 1000, 1300)).toEqual([8, 9, 10]);
});

test('of the pulses that were missed the last is given', () => {
  const clock = new BeatClock();
  clock.hear({ beat: 0, periodMs: 100, lateMs: 0 }, 0);
  expect([clock.take(450), clock.take(460), clock.dueMs]).toEqual([4, undefined, 500]);
});

test('marks that come a whole pulse late, or all at once after a pause, give no number twice', () => {
  const clock = new BeatClock();
  for (const beat of [0, 1, 2]) clock.hear({ beat, periodMs: 60, lateMs: 0 }, 60 * beat);
  const given = numbers(clock, 120, 190);
  clock.hear({ beat: 2, periodMs: 60, lateMs: 0 }, 190);
  given.push(...numbers(clock, 190, 480));
  for (const beat of [3, 4, 5, 6, 7]) clock.hear({ beat, periodMs: 60, lateMs: 0 }, 480);
  given.push(...numbers(clock, 480, 700));
  expect(given).toEqual([...new Set(given)]);
});

test('a gateway that begins anew is followed, with its numbers', () => {
  const clock = new BeatClock();
  clock.hear({ beat: 50, periodMs: 100, lateMs: 0 }, 0);
  numbers(clock, 0, 150);
  for (const beat of [0, 1, 2, 3, 4]) {
    clock.hear({ beat, periodMs: 100, lateMs: 0 }, 200 + 100 * beat);
    numbers(clock, 200 + 100 * beat, 300 + 100 * beat);
  }
  expect(numbers(clock, 700, 800)).toEqual([5]);
});

test('a mark that is none is not believed', () => {
  const clock = new BeatClock();
  for (const periodMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) clock.hear({ beat: 0, periodMs, lateMs: 0 }, 0);
  expect(clock.isKnown).toBe(false);
});
