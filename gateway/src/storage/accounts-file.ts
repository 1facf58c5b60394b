import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../access/account.ts';
import type { AccountStore } from '../access/account-book.ts';
import { readAccount } from '../access/read-account.ts';
import { ACCOUNTS_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import { replaceFile } from './atomic-file.ts';

/**
 * Keeps the accounts in `accounts.json`: `{"version": 1, "accounts": [...]}`, readable by the gateway's user alone, replaced as a whole. It
 * holds hashes of secrets and no secret.
 */
export function accountsFile(dataDir: string): AccountStore {
  const path = join(dataDir, ACCOUNTS_FILE);
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw unreadable(path, error);
      }
      try {
        return readAccounts(text);
      } catch (error) {
        throw unreadable(path, error);
      }
    },
    save: (accounts) => replaceFile(path, writeAccounts(accounts)),
  };
}

function readAccounts(text: string): Account[] {
  const { version, accounts } = JSON.parse(text) as { version?: unknown; accounts?: unknown };
  if (version !== 1 || !Array.isArray(accounts)) throw new TypeError('it is not of this version of the gateway');
  return accounts.map(readAccount);
}

function writeAccounts(accounts: readonly Account[]): string {
  return `{"version": 1, "accounts": [\n${accounts.map((account) => JSON.stringify(account)).join(',\n')}\n]}\n`;
}

/** Nobody is let in by guess: without its accounts the gateway does not start. */
function unreadable(path: string, error: unknown): GatewayError {
  const why = error instanceof Error ? error.message : String(error);
  return new GatewayError(
    'DATA_DAMAGED',
    `The accounts in ${path} cannot be read: ${why}. Restore that file from a backup, or remove it and add the accounts again.`,
  );
}
