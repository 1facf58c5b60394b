import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryAccounts } from '@crosscomm/testing/test-hub';
import { expect, it, vi } from 'vitest';
import type { Account } from '../../src/access/account.ts';
import { AccountBook } from '../../src/access/account-book.ts';
import { watchExpiry } from '../../src/access/expiry.ts';

const DAY_MS = 86_400_000;

function setUp() {
  const clock = new FakeClock();
  const accounts = new AccountBook(new MemoryAccounts());
  const ended = vi.fn();
  const stop = watchExpiry(accounts, clock, ended);
  const add = (name: string, expiresMs?: number): Promise<Account> =>
    accounts.add({ name, roles: [], ids: [], tokens: [], certificates: [], ...(expiresMs && { expiresMs }) });
  return { clock, accounts, ended, stop, add };
}

it('tells of accounts at the moment at which they end, each once', async () => {
  const { clock, ended, add } = setUp();
  await add('soon', clock.now() + 5000);
  await add('later', clock.now() + 40 * DAY_MS);
  clock.advance(4999);
  expect(ended).not.toHaveBeenCalled();
  clock.advance(1);
  expect(ended).toHaveBeenCalledTimes(1);
  clock.advance(39 * DAY_MS);
  expect(ended).toHaveBeenCalledTimes(1);
  clock.advance(DAY_MS);
  expect(ended).toHaveBeenCalledTimes(2);
});

it('costs nothing while no account ends, and nothing any more when it was stopped', async () => {
  const { clock, accounts, stop, add } = setUp();
  await add('lasting');
  expect(clock.timers).toBe(0);
  await accounts.update('lasting', (account) => ({ ...account, expiresMs: clock.now() + 1 }));
  expect(clock.timers).toBe(1);
  stop();
  expect(clock.timers).toBe(0);
});

it('waits for a clock that is right, and follows one that is set', async () => {
  const { clock, ended, add } = setUp();
  clock.trusted = false;
  await add('guest', clock.now() + 1000);
  clock.advance(60_000);
  expect(ended).not.toHaveBeenCalled();
  clock.trusted = true;
  clock.advance(30_000);
  expect(ended).toHaveBeenCalledTimes(1);
  await add('other', clock.now() + DAY_MS);
  clock.jumpTo(clock.now() + 2 * DAY_MS);
  clock.advance(30_000);
  expect(ended).toHaveBeenCalledTimes(2);
});
