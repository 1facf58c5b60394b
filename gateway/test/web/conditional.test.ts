import { describe, expect, it } from 'vitest';
import { checkConditions, isRangeMeant } from '../../src/web/conditional.ts';

const MODIFIED = Date.UTC(2026, 10, 23, 12, 0, 0, 700);
const VERSION = { etag: 'one', modifiedMs: MODIFIED };
const at = (secondsLater: number): string => new Date(MODIFIED + secondsLater * 1000).toUTCString();

describe('the conditions of a request', () => {
  it.each([
    [{}, 'proceed'],
    [{ 'if-none-match': '"one"' }, 'known'],
    [{ 'if-none-match': 'W/"one"' }, 'known'],
    [{ 'if-none-match': '"x", W/"one" ,"y"' }, 'known'],
    [{ 'if-none-match': '"x","one"' }, 'known'],
    [{ 'if-none-match': ' * ' }, 'known'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-none-match': '"one-1"' }, 'proceed'],
    [{ 'if-none-match': '"x,one"' }, 'proceed'],
    [{ 'if-none-match': 'one' }, 'proceed'],
    [{ 'if-match': '"one"' }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': '"x", "one"' }, 'proceed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': 'W/"one"' }, 'failed'],
    [{ 'if-match': '"x"', 'if-none-match': '"one"' }, 'failed'],
    [{ 'if-match': '"one"', 'if-none-match': '"one"' }, 'known'],
    [{ 'if-modified-since': at(0) }, 'known'],
    [{ 'if-modified-since': at(5) }, 'known'],
    [{ 'if-modified-since': at(-5) }, 'proceed'],
    [{ 'if-modified-since': at(5), 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-modified-since': 'yesterday' }, 'proceed'],
    [{ 'if-unmodified-since': at(0) }, 'proceed'],
    [{ 'if-unmodified-since': at(-5) }, 'failed'],
    [{ 'if-unmodified-since': at(-5), 'if-match': '"one"' }, 'proceed'],
    [{ 'if-unmodified-since': 'yesterday' }, 'proceed'],
  ] as const)('%j come to %s', (headers, verdict) => {
    expect(checkConditions(headers, VERSION)).toBe(verdict);
  });
});

it.each([
  [undefined, true],
  ['"one"', true],
  [' "one" ', true],
  ['"x"', false],
  ['W/"one"', false],
  [at(0), true],
  [at(5), false],
  [at(-5), false],
  ['yesterday', false],
])('a range is meant where If-Range is %s: %s', (value, meant) => {
  expect(isRangeMeant(value === undefined ? {} : { 'if-range': value }, VERSION)).toBe(meant);
});
