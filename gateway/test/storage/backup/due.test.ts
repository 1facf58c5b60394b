import { describe, expect, it } from 'vitest';
import { isDue } from '../../../src/storage/backup/due.ts';

const HOUR_MS = 3_600_000;
/** Of this machine's time zone. */
const at = (text: string): number => new Date(`2026-11-${text}`).getTime();

const clock = (now: number, { isTrusted = true, ranMs = 1000 * HOUR_MS } = {}) => ({
  now: () => now,
  isTrusted: () => isTrusted,
  monotonicMs: () => ranMs,
});
const last = (createdMs: number, { isClockTrusted = true, ranMs = 0 } = {}) => ({ createdMs, isClockTrusted, ranMs });

describe('a daily backup', () => {
  it('is due where there is none', () => {
    expect(isDue(undefined, '03:00', clock(at('30T12:00')))).toBe(true);
    expect(isDue(undefined, '03:00', clock(0, { isTrusted: false }))).toBe(true);
  });

  it.each([
    ['before the time of day', '30T02:59', '29T03:00', false],
    ['when it has come', '30T03:00', '29T03:00', true],
    ['after it was made', '30T03:01', '30T03:00', false],
    ['when it was missed, as the gateway was off', '30T17:00', '29T03:00', true],
    ['when days were missed', '30T01:00', '20T03:00', true],
    ['after one that was made late', '30T02:00', '29T17:00', false],
    ['after the clock was set back by days', '10T12:00', '20T03:00', true],
  ])('%s: %s, the last one %s', (_when, now, before, expected) => {
    expect(isDue(last(at(before)), '03:00', clock(at(now)))).toBe(expected);
  });

  it('is due after a day of running, while the clock is not known to be right', () => {
    const before = last(at('01T00:00'), { isClockTrusted: false, ranMs: 100 * HOUR_MS });
    const now = (ranMs: number, isTrusted = false) => clock(at('30T12:00'), { isTrusted, ranMs: ranMs * HOUR_MS });
    expect(isDue(before, '03:00', now(123))).toBe(false);
    expect(isDue(before, '03:00', now(124))).toBe(true);
    // After a restore of what is older.
    expect(isDue(before, '03:00', now(50))).toBe(true);
    // The clock was set meanwhile.
    expect(isDue(before, '03:00', now(101, true))).toBe(false);
    expect(isDue(before, '03:00', now(113, true))).toBe(true);
  });
});
