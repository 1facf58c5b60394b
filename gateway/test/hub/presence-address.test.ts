import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/hub/address.ts';
import { buildHouse, MemorySession } from '../support/test-hub.ts';

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

describe('HTTP clients', () => {
  it('are forgotten when they go, and push nobody out', () => {
    const { hub } = buildHouse({ maxKnownClients: 1 });
    const board = new MemorySession('board', 'serial');
    hub.join(board);
    hub.leave(board, 'closed');
    const request = new MemorySession('http-1', 'http');
    hub.join(request);
    hub.leave(request, 'left');
    expect(hub.clients().map(({ id }) => id)).toEqual(['board']);
    expect(hub.client('http-1')).toBeUndefined();
  });
});
