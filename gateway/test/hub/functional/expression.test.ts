import jsep from 'jsep';
import { describe, expect, it } from 'vitest';
import { scanObject } from '../../../src/common/json/scan.ts';
import { compileExpression, ExpressionError } from '../../../src/hub/functional/expression.ts';
import { Fields } from '../../../src/hub/functional/fields.ts';
import type { Value } from '../../../src/hub/functional/value.ts';

function evaluate(text: string, fields = '{}'): Value {
  return compileExpression(text, undefined)(new Fields(scanObject(fields)));
}

describe('an expression', () => {
  it.each<[string, Value]>([
    ['1+2*3', 7],
    ['(1+2)*3', 9],
    ['10-4-3', 3],
    ['7%4', 3],
    ['2^3^2', 512],
    ['-2^2', 4],
    ['2^-1', 0.5],
    ['+3 - -3', 6],
    ['.5 + 1e2', 100.5],
    ['1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3', true],
    ['1 = 1 && 1 == 1 && 1 != 2 && 1 <> 2', true],
    ['1 + 1 == 2 || 1/0 > 1', true],
    ['TRUE && !false', true],
    ['not(TRUE)', false],
    ['Pi > 3 && E > 2', true],
  ])('%s is %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each<[string, number]>([
    ['IF(1 > 2, 10, 20)', 20],
    ['max(1, 5, 3)', 5],
    ['Min(4, 2)', 2],
    ['ABS(-3)', 3],
    ['ROUND(2.345, 2)', 2.35],
    ['ROUND(2.5, 0)', 2],
    ['ROUND(-3.5)', -4],
    ['FLOOR(-1.5)', -2],
    ['CEILING(1.2)', 2],
    ['SQRT(16)', 4],
    ['LOG(E)', 1],
    ['LOG10(1000)', 3],
    ['SIN(30)', 0.5],
    ['COS(60)', 0.5],
    ['SIN(180)', 0],
    ['TAN(45)', 1],
    ['SINR(PI/2)', 1],
    ['ATAN2(1, 1)', 45],
    ['DEG(RAD(90))', 90],
    ['SUM(1, 2, 3)', 6],
    ['AVERAGE(1, 2, 3)', 2],
    ['FACT(5)', 120],
  ])('%s is %d', (text, expected) => {
    expect(evaluate(text)).toBeCloseTo(expected, 9);
  });

  it.each([
    '1/0',
    '5%0',
    'SQRT(-1)',
    '"a" * 2',
    '"a" < 2',
    'missing + 1',
    '!missing',
    'IF(missing, 1, 2)',
    'missing == 1',
    'SQRT(-1) == 1',
  ])('%s is an error', (text) => {
    const value = evaluate(text);
    expect(value === undefined || Number.isNaN(value)).toBe(true);
  });

  it('compares strings with strings', () => {
    expect(evaluate('state == "on"', '{"state":"on"}')).toBe(true);
    expect(evaluate("state != 'on'", '{"state":"off"}')).toBe(true);
    expect(evaluate('"abc" < "abd"')).toBe(true);
    expect(evaluate('state == "caf\u00e9"', '{"state":"caf\\u00e9"}')).toBe(true);
  });

  it('takes a string field for its number where a number is needed', () => {
    expect(evaluate('t > 20', '{"t":"21.5"}')).toBe(true);
    expect(evaluate('t == 5', '{"t":"five"}')).toBe(false);
  });

  it('finds a variable by its exact name first, then in any case', () => {
    expect(evaluate('Temp', '{"temp":1,"Temp":2}')).toBe(2);
    expect(evaluate('TEMP', '{"temp":1}')).toBe(1);
  });

  it('does not evaluate what a short circuit or IF leaves aside', () => {
    expect(evaluate('a > 1 || missing > 1', '{"a":2}')).toBe(true);
    expect(evaluate('a > 1 && missing > 1', '{"a":0}')).toBe(false);
    expect(evaluate('IF(a > 1, a, missing)', '{"a":2}')).toBe(2);
  });

  it('says what is wrong with a text that it refuses', () => {
    expect(() => compileExpression('a.b', 0)).toThrow(ExpressionError);
    expect(() => compileExpression('a +', 0)).toThrow('not an expression');
  });

  it('leaves jsep as it was for others, also after an error', () => {
    const before = JSON.stringify(jsep('a ^ -b ** 2 ? this.x : true'));
    compileExpression('a ^ b <> 2', 0);
    expect(() => compileExpression('a <>', 0)).toThrow();
    expect(JSON.stringify(jsep('a ^ -b ** 2 ? this.x : true'))).toBe(before);
  });
});
