import { printable } from '../common/printable.ts';
import { UsageError } from './shell.ts';

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const DURATION = /^(\d{1,9})(s|m|h|d|w)$/;
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * When something ends, as a person writes it: `30d`, `12h`, `45m` or `10s` from now, a date or a time (of this machine's time zone where it
 * names none), or `never`.
 *
 * @returns milliseconds since 1970; undefined: never
 * @throws UsageError
 */
export function whenOf(text: string, nowMs: number): number | undefined {
  if (text === 'never') return undefined;
  const [, count, unit] = DURATION.exec(text) ?? [];
  const endMs =
    unit === undefined ? (ISO.test(text) ? dateMs(text) : Number.NaN) : nowMs + Number(count) * (UNITS[unit] ?? 0);
  if (Number.isNaN(endMs) || Number.isNaN(new Date(endMs).getTime())) {
    throw new UsageError(`"${printable(text)}" is no time: write 30d, 12h, 2027-01-31, 2027-01-31T18:00 or never.`);
  }
  return endMs;
}

/** A date alone is the midnight of this place, as its time would be, and not that of Greenwich. */
function dateMs(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
}
