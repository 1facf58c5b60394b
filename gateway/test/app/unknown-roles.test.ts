import { MemoryLog } from '@crosscomm/testing/memory-log';
import { MemoryAccounts } from '@crosscomm/testing/test-hub';
import { expect, it } from 'vitest';
import { AccountBook } from '../../src/access/account-book.ts';
import { configuredRoles } from '../../src/access/configured-roles.ts';
import { RoleBook } from '../../src/access/roles.ts';
import { tellOfUnknownRoles } from '../../src/app/people.ts';

it('says at the start who has a role that is nowhere, once for each role, and where the configuration names one', async () => {
  const accounts = new AccountBook(new MemoryAccounts());
  const more = { ids: [], tokens: [], certificates: [] };
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    await accounts.add({ name, roles: ['lab', 'member'], ...more });
  await accounts.add({ name: 'h', roles: ['workshop'], ...more });
  const roles = new RoleBook(configuredRoles({ workshop: [{ allow: 'send' }] }));
  const log = new MemoryLog();
  tellOfUnknownRoles({ accounts, roles }, { cableRole: 'board', quotas: { devcie: {}, workshop: {} } }, log);
  expect(log.lines).toEqual([
    expect.stringMatching(
      /^warn The role lab gives nothing.*: a, b, c, d, e and 2 more have it\. There are workshop, /,
    ),
    expect.stringMatching(/^warn Boards on serial ports may do nothing.*"board" \(auth\.cableRole\)\. There are /),
    expect.stringMatching(/^warn The quota of the role "devcie" \(auth\.quotas\) limits nobody, .* There are /),
  ]);
});
