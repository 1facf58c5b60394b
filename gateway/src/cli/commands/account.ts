import type { AccountView, Warned } from '../../access/account-desk.ts';
import { printable } from '../../common/printable.ts';
import { type DeskOptions, withAccounts } from '../account-place.ts';
import { newPassword } from '../secret-input.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';
import { described } from '../text.ts';
import { whenOf } from '../when.ts';

export interface AccountOptions extends DeskOptions {
  json?: boolean;
}

export interface AddOptions extends AccountOptions {
  role?: string[];
  ids?: string[];
  namespace?: string;
  expires?: string;
  passwordStdin?: boolean;
}

const ONCE = 'It is not shown again.';

/** `crosscomm account add`: a new account with its first token. */
export async function accountAdd(shell: Shell, name: string, options: AddOptions): Promise<number> {
  const { role: roles, ids, namespace, expires, passwordStdin = false } = options;
  const expiresMs = expires === undefined ? undefined : whenOf(expires, Date.now());
  const password = passwordStdin ? await newPassword(shell, { fromStdin: true, what: 'Password' }) : undefined;
  const added = await withAccounts(shell, options, (desk) =>
    desk.add({ name, roles, ids, namespace, expiresMs, password }),
  );
  tellWarnings(shell, added);
  if (options.json) {
    say(shell, JSON.stringify({ account: added.account, token: added.token, roles: added.roles }));
    return EXIT.fine;
  }
  say(shell, `Added the account ${added.account} (${added.roles.join(', ')}).`);
  tellToken(shell, added);
  return EXIT.fine;
}

/** `crosscomm account list`. */
export async function accountList(shell: Shell, options: AccountOptions): Promise<number> {
  const accounts = await withAccounts(shell, { ...options, isReading: true }, (desk) => desk.list());
  if (options.json) {
    for (const account of accounts) say(shell, JSON.stringify(account));
  } else if (accounts.length === 0) {
    say(shell, `There is no account yet; ${callOf(shell.env, 'account add NAME')} makes one.`);
  } else {
    const row = ({ account, roles, expires, ...proofs }: AccountView): string[] => [
      account,
      printable(roles.join(', ')),
      expires ?? 'never',
      proofsOf({ account, roles, expires, ...proofs }),
    ];
    sayTable(shell, ['ACCOUNT', 'ROLES', 'EXPIRES', 'PROOFS'], accounts.map(row));
  }
  return EXIT.fine;
}

/** `crosscomm account show`. */
export async function accountShow(shell: Shell, name: string, options: AccountOptions): Promise<number> {
  return tellOf(shell, await withAccounts(shell, { ...options, isReading: true }, (desk) => desk.show(name)), options);
}

/** `crosscomm account remove`. */
export async function accountRemove(shell: Shell, name: string, options: AccountOptions): Promise<number> {
  await withAccounts(shell, options, (desk) => desk.remove(name));
  say(shell, options.json ? JSON.stringify({ account: name }) : `Removed the account ${name}.`);
  return EXIT.fine;
}

/** `crosscomm account password`: a new password, or none. */
export async function accountPassword(
  shell: Shell,
  name: string,
  options: AccountOptions & { passwordStdin?: boolean; none?: boolean },
): Promise<number> {
  const { passwordStdin: fromStdin = false, none } = options;
  const password = none ? undefined : await newPassword(shell, { fromStdin, what: `New password of ${name}` });
  const account = await withAccounts(shell, options, (desk) => desk.setPassword(name, password));
  const done = none ? `The account ${name} has no password any more.` : `The account ${name} has a new password.`;
  say(shell, options.json ? JSON.stringify(account) : done);
  return EXIT.fine;
}

/** `crosscomm account token`: one more token, or one less. */
export async function accountToken(
  shell: Shell,
  name: string,
  options: AccountOptions & { label?: string; revoke?: string },
): Promise<number> {
  const { label, revoke } = options;
  if (revoke !== undefined) {
    const id = revoke === 'all' ? undefined : revoke;
    const account = await withAccounts(shell, options, (desk) => desk.revokeTokens(name, id));
    const done = id === undefined ? `Revoked all tokens of ${name}.` : `Revoked the token ${id} of ${name}.`;
    say(shell, options.json ? JSON.stringify(account) : done);
    return EXIT.fine;
  }
  const { account, token, id } = await withAccounts(shell, options, (desk) => desk.addToken(name, label));
  if (options.json) say(shell, JSON.stringify({ account, token, id }));
  else tellToken(shell, { account, token, id });
  return EXIT.fine;
}

/** `crosscomm account roles`: shows them, or sets them. */
export async function accountRoles(
  shell: Shell,
  name: string,
  roles: readonly string[],
  options: AccountOptions,
): Promise<number> {
  const account = await withAccounts(shell, options, (desk) =>
    roles.length === 0 ? desk.show(name) : desk.setRoles(name, roles),
  );
  return tellOf(shell, account, options);
}

/** `crosscomm account ids`: shows the ids that it owns beside its own, adds some, or takes some away. */
export async function accountIds(
  shell: Shell,
  name: string,
  ids: readonly string[],
  options: AccountOptions & { remove?: string[] },
): Promise<number> {
  const { remove = [] } = options;
  const { warnings = [], ...account }: AccountView & Warned = await withAccounts(shell, options, async (desk) => {
    const present = await desk.show(name);
    const missing = remove.find((id) => !present.ids.includes(id));
    if (missing !== undefined) throw new UsageError(`The account ${name} has no ids "${printable(missing)}".`);
    if (ids.length + remove.length === 0) return present;
    return desk.setIds(name, [...present.ids.filter((id) => !remove.includes(id)), ...ids]);
  });
  tellWarnings(shell, { warnings });
  return tellOf(shell, account, options);
}

/** `crosscomm account expire`: when the account ends. */
export async function accountExpire(
  shell: Shell,
  name: string,
  when: string,
  options: AccountOptions,
): Promise<number> {
  const expiresMs = whenOf(when, Date.now());
  return tellOf(shell, await withAccounts(shell, options, (desk) => desk.setExpiry(name, expiresMs)), options);
}

/** On standard error, so that what a program reads stays what it is. */
/** Says what a change takes from others. */
export function tellWarnings(shell: Shell, { warnings = [] }: Warned): void {
  for (const warning of warnings) warn(shell, printable(warning));
}

function tellToken(shell: Shell, { account, token, id }: { account: string; token: string; id?: string }): void {
  say(shell, `Token${id === undefined ? '' : ` ${id}`}: ${token}`);
  say(shell, `${ONCE} A program or device gives ${account} as its user name, and the token as its password.`);
}

function tellOf(shell: Shell, account: AccountView, { json }: AccountOptions): number {
  if (json) {
    say(shell, JSON.stringify(account));
    return EXIT.fine;
  }
  const { ids, tokens, certificates } = account;
  const rows: [string, string, string][] = [
    ['Account', account.account, ''],
    ['Roles', printable(account.roles.join(', ')), ''],
    ['Owns', printable([account.account, `${account.account}-*`, ...ids].join(', ')), ''],
    ...(account.namespace === null
      ? []
      : [['Namespace', printable(account.namespace), ''] satisfies [string, string, string]]),
    ['Expires', account.expires ?? 'never', ''],
    ['Password', account.hasPassword ? 'yes' : 'no', ''],
    ...tokens.map(({ id, created, label }): [string, string, string] => [
      'Token',
      id,
      `of ${created}${label === null ? '' : `, ${printable(label)}`}`,
    ]),
    ...certificates.map(({ id, expires }): [string, string, string] => ['Certificate', id, `until ${expires}`]),
  ];
  for (const line of described(rows, shell.stdout.columns ?? 80)) say(shell, line);
  return EXIT.fine;
}

function proofsOf({ hasPassword, tokens, certificates }: AccountView): string {
  const count = (number: number, what: string): string[] =>
    number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`];
  const proofs = [
    ...(hasPassword ? ['password'] : []),
    ...count(tokens.length, 'token'),
    ...count(certificates.length, 'certificate'),
  ];
  return proofs.length === 0 ? 'none' : proofs.join(', ');
}
