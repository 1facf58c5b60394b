import { AccountBook } from '../access/account-book.ts';
import { type AccountDesk, accountDesk } from '../access/account-desk.ts';
import { configuredRoles } from '../access/configured-roles.ts';
import { RoleBook } from '../access/roles.ts';
import { systemClock } from '../common/clock.ts';
import type { BaseConfig } from '../config/schema.ts';
import { accountsFile } from '../storage/accounts-file.ts';

/** The accounts of a gateway that does not run, as its data folder has them. Whoever asks holds the lock of the accounts. */
export async function openRestingAccounts({
  dataDir,
  auth,
}: Pick<BaseConfig, 'dataDir' | 'auth'>): Promise<AccountDesk> {
  const accounts = new AccountBook(accountsFile(dataDir));
  await accounts.load();
  return accountDesk({ accounts, roles: new RoleBook(configuredRoles(auth.roles)), clock: systemClock });
}
