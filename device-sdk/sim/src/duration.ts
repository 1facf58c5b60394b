import { SimError } from './error.ts';

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Longer ones are a mistake, and no timer holds them. */
const MAX_MS = 24 * 3_600_000;

/** The milliseconds in a text such as `500ms`, `1.5s`, `2m`, `1h`. Throws SimError; `what` says whose length it is. */
export function parseDuration(text: string, what: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)$/.exec(text.trim()) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? Number.NaN);
  if (number === '' || !(ms > 0 && ms <= MAX_MS)) {
    throw new SimError(`${what} must be a duration such as 500ms, 1s or 2m, at most 24h, not "${text}".`);
  }
  return ms;
}
