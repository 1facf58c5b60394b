import type { AccountBook } from './account-book.ts';
import type { RoleBook } from './roles.ts';

/**
 * The roles that accounts have and that are nowhere, each with the accounts that have it: a role that was taken out of the configuration, or
 * whose name is written otherwise there. They give nothing.
 */
export function unknownRoles(
  accounts: Pick<AccountBook, 'list'>,
  roles: Pick<RoleBook, 'get'>,
): ReadonlyMap<string, string[]> {
  const unknown = new Map<string, string[]>();
  for (const { name, roles: had } of accounts.list()) {
    for (const role of had) {
      if (roles.get(role) !== undefined) continue;
      const having = unknown.get(role);
      if (having) having.push(name);
      else unknown.set(role, [name]);
    }
  }
  return unknown;
}
