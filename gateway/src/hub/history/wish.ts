import { splitFunctions } from '../functional/split.ts';

/** What of the past a new subscriber wants to hear first: `replay(10)` the last messages, `since("10m")` those of the last time. */
export interface Wish {
  /** How many messages of each channel at most. */
  readonly most: number;
  /** How old they may be, in milliseconds. */
  readonly withinMs: number;
}

const COUNT = /^\d{1,9}$/;
const TIME = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)$/;
const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The wish among the functions of a functional channel; undefined where there is none. A number that is none, a time without a unit
 * (`ms`, `s`, `m`, `h` or `d`) or a second `replay` is `malformed`.
 */
export function readWish(functions: string): Wish | 'malformed' | undefined {
  if (!functions.includes('replay') && !functions.includes('since')) return undefined;
  let most: number | undefined;
  let withinMs: number | undefined;
  for (const { name, body } of splitFunctions(functions)) {
    if (name === 'replay') {
      if (most !== undefined || !COUNT.test(body.trim())) return 'malformed';
      most = Number(body);
    } else if (name === 'since') {
      const timeMs = readTime(unquoted(body.trim()));
      if (withinMs !== undefined || timeMs === undefined) return 'malformed';
      withinMs = timeMs;
    }
  }
  if (most === undefined && withinMs === undefined) return undefined;
  return { most: most ?? Number.POSITIVE_INFINITY, withinMs: withinMs ?? Number.POSITIVE_INFINITY };
}

/** A time such as `10m` or `1.5h`, in milliseconds; undefined where it is none. */
export function readTime(text: string): number | undefined {
  const [, number, unit = ''] = TIME.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS_MS[unit] as number);
}

function unquoted(text: string): string {
  const quote = text.at(0);
  return text.length > 1 && (quote === '"' || quote === "'") && text.at(-1) === quote ? text.slice(1, -1) : text;
}
