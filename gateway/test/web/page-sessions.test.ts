import { buildHouse } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { PageSessions, SESSION_MS } from '../../src/web/page-sessions.ts';
import { addAccount } from './accounts.ts';

it('a page is signed out twelve hours after it was used last', async () => {
  const house = buildHouse();
  const secret = await addAccount(house, 'anna');
  const principal = await new Promise<Principal | undefined>((resolve) => {
    const claim = { protocol: 'http', peer: '10.0.0.7:1', secret, isGone: () => false } as const;
    house.access.admit(claim, (verdict) => resolve(verdict.principal));
  });
  const sessions = new PageSessions(house);
  const cookie = sessions.open(principal as Principal);
  for (let times = 0; times < 3; times++) {
    house.clock.advance(SESSION_MS - 1);
    expect(sessions.find(cookie)).toBe(principal);
  }
  house.clock.advance(SESSION_MS);
  expect(sessions.find(cookie)).toBeUndefined();
  expect(sessions.find('')).toBeUndefined();
});
