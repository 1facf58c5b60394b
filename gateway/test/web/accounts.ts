import { accountOf } from '@crosscomm/testing/accounts';
import { secretPassword, secretToken } from '@crosscomm/testing/secrets';
import type { TestHouse } from '@crosscomm/testing/test-hub';
import type { Rule } from '../../src/access/rules.ts';

const passwords = new Map<string, string>();

/** The password that an account of this name has, unless it is given another. */
export function passwordOf(name: string): string {
  const password = passwords.get(name) ?? secretPassword();
  passwords.set(name, password);
  return password;
}

/** Adds an account with a password and a token, and returns the token. */
export async function addAccount(
  { accounts }: Pick<TestHouse, 'accounts'>,
  name: string,
  { role = 'member', password = passwordOf(name) }: { role?: string; password?: string } = {},
): Promise<string> {
  const token = secretToken();
  await accounts.add(accountOf(name, { token, password, roles: [role] }));
  return token;
}

/** Adds a role of these rules, beside the built-in ones. */
export function addRole({ roles }: Pick<TestHouse, 'roles'>, name: string, rules: readonly Rule[]): void {
  roles.replace([{ name, rules, readsInboxes: false }]);
}

/** A header of HTTP Basic. */
export function basic(account: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}` };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
