import type { AccountBook } from '../access/account-book.ts';
import type { RoleDesk } from '../access/role-desk.ts';
import type { RoleBook } from '../access/roles.ts';
import type { Log } from '../common/log.ts';
import { configuredRolesSchema } from '../config/auth.ts';
import type { LocalRecords } from '../integrations/nats/shared/shared-records.ts';
import { AccessKeys } from '../oss/access-keys.ts';
import { accountOf, partsOf, readKey } from './account-parts.ts';

export interface SharedPeopleParts {
  accounts: AccountBook;
  roles: RoleBook;
  desk: RoleDesk;
  dataDir: string;
  log: Log;
}

type Change = Parameters<LocalRecords['adopt']>[0][number];

const ROLE = 'r/';

/** The accounts of a gateway and the roles that commands made, as gateways share them; roles of the configuration stay its own, and win. */
export function sharedPeople(parts: SharedPeopleParts): LocalRecords {
  const { accounts, roles, desk } = parts;
  return {
    async read() {
      const all = new Map<string, string | null>();
      for (const account of accounts.kept()) for (const [key, text] of partsOf(account)) all.set(key, text);
      for (const { role, source, rules } of await desk.list()) {
        all.set(ROLE + role, source === 'command' ? JSON.stringify(rules) : null);
      }
      return all;
    },
    async adopt(changes) {
      // Roles first, so that no account is there for a moment without what it may do.
      const kept: string[] = [];
      for (const change of changes.filter(({ key }) => key.startsWith(ROLE))) {
        if (!(await adoptRole(parts, change))) kept.push(change.key);
      }
      return [
        ...kept,
        ...(await adoptAccounts(
          parts,
          changes.filter(({ key }) => !key.startsWith(ROLE)),
        )),
      ];
    },
    onChange(listener) {
      const undo = [accounts.onChange(listener), roles.onChange(listener)];
      return () => {
        for (const each of undo) each();
      };
    },
  };
}

/** Returns the keys of what stayed as it is. */
async function adoptAccounts(
  { accounts, dataDir, log }: SharedPeopleParts,
  changes: readonly Change[],
): Promise<string[]> {
  const kept: string[] = [];
  const byName = new Map<string, Change[]>();
  for (const change of changes) {
    const { name } = readKey(change.key) ?? {};
    if (name === undefined) kept.push(change.key);
    else byName.set(name, [...(byName.get(name) ?? []), change]);
  }
  const gone = new Set<string>();
  await accounts.adopt([...byName.keys()], (name, now) => {
    const parts = partsOf(now);
    const mine = byName.get(name) ?? [];
    for (const { key, was, text } of mine) {
      if (parts.get(key) !== was) kept.push(key);
      else if (text === undefined) parts.delete(key);
      else parts.set(key, text);
    }
    try {
      const account = accountOf(name, parts);
      if (account === undefined && now !== undefined) gone.add(name);
      return account;
    } catch (error) {
      kept.push(...mine.map(({ key }) => key));
      log.warn({ err: error, account: name }, 'An account that another gateway shares cannot be used here.');
      return now;
    }
  });
  if (gone.size > 0) await new AccessKeys(dataDir).revokeOf(gone);
  return kept;
}

/** False where it stayed as it is. */
async function adoptRole({ desk, log }: SharedPeopleParts, { key, was, text }: Change): Promise<boolean> {
  const name = key.slice(ROLE.length);
  try {
    const now = (await desk.list()).find(({ role }) => role === name);
    const isStill = (now && JSON.stringify(now.rules)) === was;
    if (!isStill || (now !== undefined && now.source !== 'command')) return false;
    if (text !== undefined) {
      const read = configuredRolesSchema.parse({ [name]: JSON.parse(text) });
      await desk.set(name, read[name] ?? []);
    } else if (now !== undefined) await desk.remove(name);
    return true;
  } catch (error) {
    log.warn({ err: error, role: name }, 'A role that another gateway shares cannot be used here.');
    return false;
  }
}
