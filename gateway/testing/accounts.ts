import { mkdir } from 'node:fs/promises';
import type { Account } from '../src/access/account.ts';
import { hashInMemory } from '../src/access/password-hashes.ts';
import { hashToken } from '../src/access/tokens.ts';
import { accountsFile } from '../src/storage/accounts-file.ts';

/** What an account of a test has; what is left out, it has not, but for the role `member`. */
export interface AccountWish extends Partial<Omit<Account, 'name' | 'tokens' | 'password'>> {
  /** Its one token, whose id is `t`. */
  token?: string | undefined;
  /** As a person types it. */
  password?: string | undefined;
}

/** An account as a gateway keeps it. */
export function accountOf(name: string, { token, password, ...more }: AccountWish = {}): Account {
  return {
    ...{ name, roles: ['member'], ids: [], certificates: [] },
    ...more,
    ...(password === undefined ? {} : { password: hashInMemory(password) }),
    tokens: token === undefined ? [] : [{ id: 't', sha256: hashToken(token), createdMs: 0 }],
  };
}

/** Puts accounts into the data folder of a gateway that has not started yet. */
export async function saveAccounts(dataDir: string, accounts: readonly Account[]): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await accountsFile(dataDir).save(accounts);
}
