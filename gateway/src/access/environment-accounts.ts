import type { Account } from './account.ts';
import { hashInMemory } from './password-hashes.ts';
import { DEFAULT_ROLE } from './roles.ts';

/**
 * OOCSI's private handles, `name:password`, as accounts: each owns the client id that is its name, which nobody else may take by any
 * protocol.
 */
export function environmentAccounts(users: ReadonlyMap<string, string> = new Map()): Account[] {
  return Array.from(users, ([name, password]) => ({
    name,
    roles: [DEFAULT_ROLE],
    ids: [],
    password: hashInMemory(password),
    tokens: [],
    certificates: [],
  }));
}
