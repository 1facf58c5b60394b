import { MemoryAccounts } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../src/access/account.ts';
import { AccountBook } from '../../src/access/account-book.ts';
import { environmentAccounts } from '../../src/access/environment-accounts.ts';
import { hashToken, isToken, makeToken } from '../../src/access/tokens.ts';

function account(name: string, more: Partial<Account> = {}): Account {
  return { name, roles: ['member'], ids: [], tokens: [], certificates: [], ...more };
}

describe('accounts', () => {
  it('own their name, ids that begin with it, and what was added; the longer wins', async () => {
    const book = new AccountBook(new MemoryAccounts());
    await book.add(account('lamp', { ids: ['hall-*', 'AA:BB'] }));
    await book.add(account('lamp-desk'));
    await book.add(account('hall', { ids: [] }));
    const owners = ['lamp', 'lamp-1', 'lamp-desk', 'lamp-desk-2', 'hall-7', 'AA:BB', 'lamps', 'hall', 'other'].map(
      (id) => book.ownerOf(id),
    );
    expect(owners).toEqual(['lamp', 'lamp', 'lamp-desk', 'lamp-desk', 'lamp', 'lamp', undefined, 'hall', undefined]);
  });

  it('are kept, and found again by their tokens', async () => {
    const store = new MemoryAccounts();
    const token = makeToken();
    await new AccountBook(store).add(account('pi', { tokens: [{ id: 't1', sha256: hashToken(token), createdMs: 1 }] }));
    const book = new AccountBook(store);
    await book.load();
    expect(book.findToken(token)).toMatchObject({ account: { name: 'pi' }, credential: { id: 't1' } });
    expect(book.findToken(makeToken())).toBeUndefined();
    expect(JSON.stringify(store.kept)).not.toContain(token);
    await book.remove('pi');
    expect(book.findToken(token)).toBeUndefined();
    expect(book.isEmpty).toBe(true);
  });

  it.each(['', 'a b', 'a/b', 'a:b', '-a', 'a+', 'x'.repeat(65), 'ä'])('cannot be called "%s"', async (name) => {
    await expect(new AccountBook(new MemoryAccounts()).add(account(name))).rejects.toThrow(
      'the name of an account'.slice(4),
    );
  });

  it('are refused where their name is taken, also by the environment', async () => {
    const book = new AccountBook(new MemoryAccounts(), environmentAccounts(new Map([['ben', 'x']])));
    await expect(book.add(account('ben'))).rejects.toThrow('There is an account ben already');
    await expect(book.remove('ben')).rejects.toThrow('CROSSCOMM_OOCSI_USERS');
    await expect(book.update('cleo', (present) => present)).rejects.toThrow('There is no account cleo');
  });

  it('are added together or not at all', async () => {
    const book = new AccountBook(new MemoryAccounts());
    await expect(book.addAll([account('a'), account('b'), account('a')])).rejects.toThrow(
      'There is an account a already',
    );
    expect(book.list()).toEqual([]);
    await book.addAll([account('b'), account('a')]);
    expect(book.list().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('have tokens of 32 letters and digits', () => {
    const tokens = Array.from({ length: 200 }, makeToken);
    expect(tokens.every(isToken)).toBe(true);
    expect(new Set(tokens).size).toBe(200);
    expect(new Set(tokens.join('')).size).toBe(62);
  });
});
