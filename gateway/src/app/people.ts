import { AccountBook } from '../access/account-book.ts';
import { type AccountDesk, accountDesk } from '../access/account-desk.ts';
import { environmentAccounts } from '../access/environment-accounts.ts';
import { openRoleDesk, type RoleDesk } from '../access/role-desk.ts';
import { RoleBook } from '../access/roles.ts';
import type { Clock } from '../common/clock.ts';
import { configuredRolesSchema } from '../config/auth.ts';
import type { BaseConfig } from '../config/schema.ts';
import { accountsFile } from '../storage/accounts-file.ts';
import { rolesFile } from '../storage/roles-file.ts';

/** What commands and the HTTP API do with accounts and roles. */
export interface Desks {
  accounts: AccountDesk;
  roles: RoleDesk;
}

/** The accounts and roles of a gateway. */
export interface People {
  accounts: AccountBook;
  roles: RoleBook;
  desks: Desks;
}

/**
 * Reads the accounts and roles of a data folder and a configuration. Throws a GatewayError where they cannot be read. Where no gateway runs
 * with that folder, whoever calls this holds the lock of the accounts. `users`: private handles of OOCSI, from the environment.
 */
export async function openPeople(
  { dataDir, auth }: Pick<BaseConfig, 'dataDir' | 'auth'>,
  { clock, users }: { clock: Clock; users?: ReadonlyMap<string, string> | undefined },
): Promise<People> {
  const accounts = new AccountBook(accountsFile(dataDir), environmentAccounts(users));
  await accounts.load();
  const roles = new RoleBook();
  const store = rolesFile(dataDir, (kept) => configuredRolesSchema.parse(kept));
  const roleDesk = await openRoleDesk({ roles, accounts, store, configured: auth.roles });
  return { accounts, roles, desks: { accounts: accountDesk({ accounts, roles, clock }), roles: roleDesk } };
}
