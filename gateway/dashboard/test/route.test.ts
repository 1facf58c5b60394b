import { expect, it } from 'vitest';
import { hrefOf, parseHash } from '../src/common/route.ts';

it.each(['door', 'greenhouse/pump 2', '<b>a</b>', '100 %', '?#&=', 'é ü 灯', '/', 'a/../b'])(
  'an address leads back to the name %j in it',
  (name) => {
    expect(parseHash(hrefOf('clients', name))).toEqual({ page: 'clients', name, query: {} });
    expect(parseHash(hrefOf('clients', undefined, { protocol: name }))).toEqual({
      page: 'clients',
      query: { protocol: name },
    });
  },
);

it.each(['', '#', '#/', '#/%'])('the address %j is that of the first page', (hash) => {
  expect(parseHash(hash)).toMatchObject({ query: {} });
  expect(parseHash(hash).name).toBeUndefined();
});

it('a name that cannot be read leads to the first page', () => {
  expect(parseHash('#/clients/%E0%A4%A')).toEqual({ page: '', query: {} });
});
