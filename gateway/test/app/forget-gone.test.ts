import { accountOf } from '@crosscomm/testing/accounts';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import { forgetGone } from '../../src/app/forget-gone.ts';

it('an account that gets the name of one that was removed finds no subscription of it, whether its clients were online or not', async () => {
  const { hub, access, accounts } = buildHouse();
  for (const name of ['ana', 'ben']) await accounts.add(accountOf(name));
  forgetGone(hub, access);
  const join = (id: string, account: string): MemorySession => {
    const session = new MemorySession(id, 'oocsi');
    hub.join(session, { account });
    return session;
  };
  const here = join('ana-1', 'ana');
  const away = join('ana-2', 'ana');
  const other = join('ben-1', 'ben');
  for (const session of [here, away, other]) hub.subscribe(session, 'kitchen');
  for (const session of [away, other]) hub.leave(session, 'closed');
  await accounts.remove('ana');
  expect(hub.client('ana-2')).toBeUndefined();
  hub.leave(here, 'revoked');
  await Promise.resolve();
  expect(hub.client('ana-1')).toBeUndefined();
  expect(hub.client('ben-1')).toMatchObject({ subscriptions: ['kitchen'] });
});
