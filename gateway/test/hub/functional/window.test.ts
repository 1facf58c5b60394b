import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/hub/functional/expression.ts';
import { Fields } from '../../../src/hub/functional/fields.ts';

/** What an expression over `x` comes to for each value of x in turn. */
function series(text: string, ...values: number[]): unknown[] {
  const expression = compileExpression(text, undefined);
  return values.map((value) => expression(new Fields([{ name: 'x', raw: String(value) }])));
}

describe('a window function', () => {
  it('sums the last n values', () => {
    expect(series('sum(x, 3)', 1, 2, 3, 4, 5)).toEqual([1, 3, 6, 9, 12]);
  });

  it('divides the mean by n also while the window fills', () => {
    expect(series('MEAN(x, 4)', 4, 4, 4, 4, 8)).toEqual([1, 2, 3, 4, 5]);
  });

  it('divides the deviation by n also while the window fills', () => {
    expect(series('stdev(x, 2)', 4, 8, 8)).toEqual([Math.sqrt(2), 2, 0]);
  });

  it('knows the least and the greatest of the last n values', () => {
    expect(series('emin(x, 2)', 5, 3, 4, 6)).toEqual([5, 3, 3, 4]);
    expect(series('emax(x, 2)', 5, 3, 4, 6)).toEqual([5, 5, 4, 6]);
  });

  it('is at most 50 values long', () => {
    const ones = new Array<number>(60).fill(1);
    expect(series('sum(x, 1000)', ...ones).at(-1)).toBe(50);
  });

  it('is an error where its length is below 1', () => {
    expect(series('sum(x, 0)', 1, 2)).toEqual([undefined, undefined]);
  });

  it('belongs to its call, not to its name', () => {
    expect(series('sum(x, 2) + 100 * sum(-x, 1)', 1, 2, 3)).toEqual([1 - 100, 3 - 200, 5 - 300]);
  });

  it('belongs to its subscription', () => {
    const fields = new Fields([{ name: 'x', raw: '1' }]);
    const [mine, yours] = [compileExpression('sum(x,9)', 0), compileExpression('sum(x,9)', 0)];
    mine(fields);
    expect(mine(fields)).toBe(2);
    expect(yours(fields)).toBe(1);
  });

  it('skips a value that is an error', () => {
    const expression = compileExpression('sum(x, 5)', undefined);
    expect(expression(new Fields([]))).toBeUndefined();
    expect(expression(new Fields([{ name: 'x', raw: '2' }]))).toBe(2);
  });
});
