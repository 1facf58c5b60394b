import { describe, expect, it } from 'vitest';
import { compileFunctions } from '../../../src/hub/functional/compile.ts';
import { Message } from '../../../src/hub/message.ts';

const TEXT = 'x'.repeat(1_000_000);

/** Whether the filter lets a message with two texts of a megabyte through. */
function passes(expression: string, fields: object = { a: TEXT, b: `\u20ac${TEXT}` }): boolean {
  const message = new Message({ from: 'a', to: 'c', kind: 'dict', body: JSON.stringify(fields), timestampMs: 1 });
  return compileFunctions(`filter(${expression})`, 'c[...]')?.(message) !== undefined;
}

const chain = (term: string, operator: string): string => Array.from({ length: 90 }, () => term).join(operator);

describe('a functional channel and texts of a megabyte', () => {
  it('reads each text once for all subscriptions that ask for it', () => {
    const body = JSON.stringify({ a: TEXT, b: `\u20ac${TEXT}` });
    const message = new Message({ from: 'a', to: 'c', kind: 'dict', body, timestampMs: 1 });
    const pipelines = Array.from({ length: 200 }, () => compileFunctions(`filter(${chain('!a', '&&')})`, 'c[...]'));
    const begin = performance.now();
    for (const pipeline of pipelines) expect(pipeline?.(message)).toBeDefined();
    // Reading it each time takes more than a minute.
    expect(performance.now() - begin).toBeLessThan(30_000);
  });

  it('joins texts to no more than 65,536 characters; what is longer is an error', () => {
    expect(passes(`(${chain('a', '+')}) < (${chain('b', '+')})`)).toBe(false);
    const half = 'y'.repeat(32_768);
    expect([passes('a + a == b', { a: half, b: half + half }), passes('a + b == b', { a: half, b: half })]).toEqual([
      true,
      false,
    ]);
    expect(passes('a + a + "z" != b', { a: half, b: half })).toBe(false);
  });

  it('takes only the word true for true', () => {
    expect([passes('a', { a: 'TRUE' }), passes('a', { a: 'truer' }), passes('a')]).toEqual([true, false, false]);
  });
});
