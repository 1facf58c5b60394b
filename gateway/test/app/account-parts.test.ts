import { expect, test } from 'vitest';
import type { Account } from '../../src/access/account.ts';
import { accountOf, partsOf, readKey } from '../../src/app/account-parts.ts';

const ANN: Account = {
  ...{ name: 'ann@lab', roles: ['member'], ids: ['door-*'], namespace: 'lab', expiresMs: 5, password: 'hash' },
  tokens: [{ id: 't1', sha256: 'a'.repeat(64), createdMs: 1, label: 'mine' }],
  certificates: [{ id: 'c1', fingerprint: 'f', createdMs: 1, expiresMs: 9 }],
};

test('an account is made of its parts again', () => {
  expect([...partsOf(ANN).keys()]).toEqual(['a/ann@lab', 'p/ann@lab', 't/ann@lab/t1', 'c/ann@lab/c1']);
  expect(accountOf('ann@lab', partsOf(ANN))).toEqual(ANN);
  const plain: Account = { name: 'bob', roles: [], ids: [], tokens: [], certificates: [] };
  expect(accountOf('bob', partsOf(plain))).toEqual(plain);
});

test('a token without its account is no account', () => {
  const parts = partsOf(ANN);
  parts.delete('a/ann@lab');
  expect(accountOf('ann@lab', parts)).toBeUndefined();
  expect(partsOf(undefined).size).toBe(0);
});

test('what makes no account is refused', () => {
  const parts = partsOf(ANN).set('t/ann@lab/t1', '{"sha256":"short","createdMs":1}');
  expect(() => accountOf('ann@lab', parts)).toThrow('sha256');
  expect(readKey('r/role')).toBeUndefined();
});
