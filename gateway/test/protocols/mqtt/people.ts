import { accountOf } from '@crosscomm/testing/accounts';
import type { TestHouse } from '@crosscomm/testing/test-hub';
import type { IClientOptions } from 'mqtt';
import type { Account } from '../../../src/access/account.ts';
import type { Rule } from '../../../src/access/rules.ts';

/** The token of an account in tests. */
export function tokenOf(name: string): string {
  return name.padEnd(32, 'x');
}

/** How a client of an account connects. */
export function as(name: string): IClientOptions {
  return { username: name, password: tokenOf(name) };
}

export function account(name: string, more: Partial<Account> = {}): Account {
  return { ...accountOf(name, { token: tokenOf(name) }), ...more };
}

/** Gives each role these rules, in place of all others. */
export function setRoles({ roles }: TestHouse, rules: Readonly<Record<string, readonly Rule[]>>): void {
  roles.replace(Object.entries(rules).map(([name, own]) => ({ name, rules: own, readsInboxes: false })));
}
