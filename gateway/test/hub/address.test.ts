import { expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/hub/address.ts';

it.each<[string, Partial<Address>]>([
  ['news', { name: 'news' }],
  ['a/b c', { name: 'a/b c' }],
  ['lab:secret', { name: 'lab', password: 'secret' }],
  ['lab:se:cret', { name: 'lab', password: 'se:cret' }],
  ['lab:', { name: 'lab' }],
  ['t[filter(x > 1)]', { name: 't', functions: 'filter(x > 1)' }],
  ['t[]', { name: 't', functions: '' }],
  ['t[ filter(s == "a]b:c[") ]', { name: 't', functions: 'filter(s == "a]b:c[")' }],
  ['lab:secret[filter(x)]', { name: 'lab', password: 'secret', functions: 'filter(x)' }],
  ['presence(a:b[c])', { name: 'presence(a:b[c])' }],
])('%j is taken apart', (text, expected) => {
  expect(parseAddress(text)).toEqual({ password: undefined, functions: undefined, ...expected });
});

it.each(['', ':secret', '[filter(x)]', ':secret[filter(x)]', 't[filter(x)', 't[filter(x)]y'])(
  '%j is malformed',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);

it('refuses what is longer than the limit', () => {
  expect(parseAddress('x'.repeat(1024))?.name).toHaveLength(1024);
  expect(parseAddress('x'.repeat(1025))).toBeUndefined();
});
