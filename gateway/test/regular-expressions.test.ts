import { describe, expect, it } from 'vitest';
import { findSlowPatterns } from '../../scripts/lib/regular-expressions.mjs';
import { readRange } from '../src/common/ranges.ts';
import { toNumber } from '../src/hub/functional/value.ts';
import { publicAddress } from '../src/objects/public-address.ts';
import { sanitise } from '../src/transports/serial/identity.ts';

const found = (source: string) => findSlowPatterns('module.ts', source).map(({ line, why }) => `${line}: ${why}`);

describe('npm run check', () => {
  it.each([
    ['digits that two parts may take', String.raw`const NUMBER = /^\s*\d+\.?\d*$/;`],
    ['an end that each beginning runs to', String.raw`name.replace(/\/+$/, '');`],
    ['a pattern put together', `const PART = '[0-9]+'; const ALL = new RegExp(\`^${'$'}{PART}[.]?[0-9]*$\`);`],
  ])('refuses a regular expression that takes quadratic time: %s', (_what, source) => {
    expect(found(source)).toEqual(['1: takes quadratic time or worse']);
  });

  it('refuses one that takes exponential time, and says where it is', () => {
    expect(found('type A = string;\n\nexport const NESTED: RegExp = /^(a+)+$/;')).toEqual([
      '3: takes exponential time',
    ]);
  });

  it('refuses one that is made of what it cannot see', () => {
    expect(found('const of = (text: string) => new RegExp(text);')).toEqual(['1: is made of what is not written here']);
  });

  it('takes those that are linear', () => {
    expect(found(String.raw`const NUMBER = /^\s*\d+(?:\.\d*)?$/; const AT = new RegExp('[a-z]+@', 'y');`)).toEqual([]);
  });
});

describe('a text of a million characters', () => {
  const digits = '1'.repeat(1_000_000);

  it.each([
    ['as a number', () => toNumber(`${digits}x`)],
    ['as a number with blanks', () => toNumber(`${' '.repeat(1_000_000)}x`)],
    ['as a range', () => readRange(`bytes=${' '.repeat(1_000_000)}x`, 10)],
    ['as a million ranges', () => readRange(`bytes=${'0-,'.repeat(300_000)}x`, 10)],
    ['as a name', () => sanitise(`${'_x'.repeat(10)}${'-_'.repeat(500_000)}x`)],
    ['as an address', () => publicAddress(`http://${'/'.repeat(1_000_000)}x`, { host: '', port: 1 })],
  ])('is read %s in no time', (_what, read) => {
    const begin = performance.now();
    read();
    // Quadratic, each of them takes minutes.
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it('is no number where it has more than 1000 characters', () => {
    expect([toNumber('1'.repeat(1000)), toNumber('1'.repeat(1001))]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
  });
});
