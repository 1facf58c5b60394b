/** What an expression comes to; undefined is an error, which spreads through whatever uses it. */
export type Value = number | string | boolean | undefined;

const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
/** The longest text that is read as a number, in UTF-16 units; the longest double needs 767 digits. */
const MAX_DECIMAL_LENGTH = 1000;

/**
 * The number that a value stands for: a boolean is 1 or 0, a string counts if it is a decimal number of at most 1000
 * characters; else NaN.
 */
export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined || value.length > MAX_DECIMAL_LENGTH) return Number.NaN;
  return DECIMAL.test(value) ? Number(value) : Number.NaN;
}

/** True where a value counts as true: a number that is not 0, the string `true` in any case. */
export function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value !== 0;
  return typeof value === 'string' ? value.length === 4 && value.toLowerCase() === 'true' : value;
}

const isError = (value: Value): boolean => value === undefined || Number.isNaN(value);

/**
 * Two strings are compared as such, anything else as numbers; a string that is no number equals none. Whether a boolean
 * equals something else is an error.
 */
export function equals(left: Value, right: Value): boolean | undefined {
  if (isError(left) || isError(right)) return undefined;
  if (typeof left === typeof right) return left === right;
  if (typeof left === 'boolean' || typeof right === 'boolean') return undefined;
  return toNumber(left) === toNumber(right);
}

/** Negative, 0 or positive as `left` is before, at or after `right`; NaN where they cannot be ordered. */
export function order(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return left === right ? 0 : left < right ? -1 : 1;
  return toNumber(left) - toNumber(right);
}
