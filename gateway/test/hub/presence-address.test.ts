import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/hub/address.ts';

describe('the address presence(NAME)', () => {
  it('is one name, whatever is between the parentheses', () => {
    for (const text of ['presence(room)', 'presence(a:b)', 'presence(a[0])', 'presence(a[0)', 'presence(é (x))']) {
      expect(parseAddress(text)).toEqual({ name: text, password: undefined, functions: undefined });
    }
  });

  it('is an address like any other where it does not end there', () => {
    expect(parseAddress('presence(room):secret')).toEqual({
      name: 'presence(room)',
      password: 'secret',
      functions: undefined,
    });
    expect(parseAddress('presence(room')?.name).toBe('presence(room');
  });
});
