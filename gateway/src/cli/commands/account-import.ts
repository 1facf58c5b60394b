import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hashPassword } from '../../access/password-hashes.ts';
import { printable } from '../../common/printable.ts';
import { OOCSI_USERS, oocsiUsers } from '../../config/secrets.ts';
import { withAccounts } from '../account-place.ts';
import { type BadLine, type PasswordLine, readPasswordFile } from '../password-file.ts';
import { EXIT, type Shell, say, UsageError, warn, withCalls } from '../shell.ts';
import { type AccountOptions, tellWarnings } from './account.ts';

export interface ImportOptions extends AccountOptions {
  oocsiUsers?: boolean;
  role?: string[];
}

/**
 * `crosscomm account import`: accounts of a password file of mosquitto, or the users of OOCSI's private handles. What cannot be imported is told
 * line by line; the exit code is 1 then.
 */
export async function accountImport(shell: Shell, file: string | undefined, options: ImportOptions): Promise<number> {
  const { lines, bad } = await readAccounts(shell, file, options);
  const { imported, refused, ...outcome } = await withAccounts(shell, options, (desk) =>
    desk.importAll(
      lines.map(({ name, passwordHash }) => ({ name, passwordHash })),
      options.role,
    ),
  );
  tellWarnings(shell, outcome);
  const lineOf = new Map(lines.map(({ name, line }) => [name, line]));
  const faults = [
    ...bad,
    ...refused.map(({ account, why }) => ({ line: lineOf.get(account) ?? 0, account, why })),
  ].sort((one, other) => one.line - other.line);
  if (options.json) say(shell, JSON.stringify({ imported, refused: faults }));
  else {
    const what = options.oocsiUsers ? 'entry' : 'line';
    for (const { line, account, why } of faults) {
      warn(shell, `${what} ${line}${account === '' ? '' : `, ${printable(account)}`}: ${withCalls(shell.env, why)}`);
    }
    say(shell, `Imported ${imported.length} of ${imported.length + faults.length} accounts.`);
    if (options.oocsiUsers && imported.length > 0) {
      say(shell, `${OOCSI_USERS} is not needed for them any more; remove it from the environment of the gateway.`);
    }
  }
  return faults.length === 0 ? EXIT.fine : EXIT.failed;
}

async function readAccounts(
  shell: Shell,
  file: string | undefined,
  options: ImportOptions,
): Promise<{ lines: PasswordLine[]; bad: BadLine[] }> {
  if ((file === undefined) === !options.oocsiUsers) throw new UsageError('Name a password file, or use --oocsi-users.');
  if (file === undefined) return { lines: await usersOf(shell), bad: [] };
  try {
    return readPasswordFile(await readFile(resolve(shell.cwd, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`${printable(file)} cannot be read: ${(error as Error).message}`);
  }
}

async function usersOf({ env }: Shell): Promise<PasswordLine[]> {
  const users = [...oocsiUsers(env)];
  if (users.length === 0) throw new UsageError(`The environment variable ${OOCSI_USERS} has no users.`);
  const lines: PasswordLine[] = [];
  for (const [index, [name, password]] of users.entries()) {
    lines.push({ line: index + 1, name, passwordHash: await hashPassword(password) });
  }
  return lines;
}
