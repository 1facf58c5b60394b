import type { Command } from 'commander';
import type { AccountOptions, AddOptions } from './commands/account.ts';
import type { CertificateOptions } from './commands/account-certificate.ts';
import type { ImportOptions } from './commands/account-import.ts';
import * as help from './help.ts';
import { addReachFlags, gather } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm account ...`. */
export function addAccount(program: Command, shell: Shell, outcome: Outcome): void {
  const account = program
    .command('account')
    .summary('who may join: accounts, passwords, tokens')
    .description(
      'Manages accounts: who may join, by which proof, and with which roles. Works on the machine of the gateway, ' +
        'whether it runs or not, and elsewhere by --url with the token of an administrator in CROSSCOMM_TOKEN. ' +
        'Changes take effect at once.',
    )
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_HELP));
  const add = (line: string, text: string): Command =>
    addReachFlags(account.command(line).description(text)).option('--json', 'print one line of JSON');
  const commands = () => import('./commands/account.ts');

  add('add <name>', 'Adds an account, and prints its first token, which is not shown again.')
    .option('--role <role>', 'a role of it, by default member; may be given several times', gather)
    .option('--ids <ids>', 'client ids that it owns beside its name and NAME-*; may be given several times', gather)
    .option(
      '--namespace <name>',
      'what its channels and client ids begin with for all others: it says lamp, they NAME/lamp',
    )
    .option('--expires <when>', 'when it ends: 30d, 12h, 2027-01-31')
    .option('--password-stdin', 'it has a password too, which standard input holds')
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_ADD_HELP))
    .action(async (name: string, options: AddOptions) => {
      outcome.exitCode = await (await commands()).accountAdd(shell, name, options);
    });
  add('list', 'Lists the accounts.').action(async (options: AccountOptions) => {
    outcome.exitCode = await (await commands()).accountList(shell, options);
  });
  add('show <name>', 'Shows an account: its roles, the client ids that it owns, its tokens.').action(
    async (name: string, options: AccountOptions) => {
      outcome.exitCode = await (await commands()).accountShow(shell, name, options);
    },
  );
  add('remove <name>', 'Removes an account. Its connections end at once.').action(
    async (name: string, options: AccountOptions) => {
      outcome.exitCode = await (await commands()).accountRemove(shell, name, options);
    },
  );
  add('password <name>', 'Gives an account a new password. Connections that joined with the old one end.')
    .option('--password-stdin', 'standard input holds it; otherwise it is asked for')
    .option('--none', 'it has no password from now on')
    .action(async (name: string, options: AccountOptions & { passwordStdin?: boolean; none?: boolean }) => {
      outcome.exitCode = await (await commands()).accountPassword(shell, name, options);
    });
  add('token <name>', 'Gives an account one more token, which is not shown again, or revokes one.')
    .option('--label <text>', 'what it is for')
    .option('--revoke <id>', 'revoke this token, or all; connections that joined with it end')
    .action(async (name: string, options: AccountOptions & { label?: string; revoke?: string }) => {
      outcome.exitCode = await (await commands()).accountToken(shell, name, options);
    });
  add('roles <name> [roles...]', 'Gives an account these roles in place of those that it has; without any, shows them.')
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_ROLES_HELP))
    .action(async (name: string, roles: string[], options: AccountOptions) => {
      outcome.exitCode = await (await commands()).accountRoles(shell, name, roles, options);
    });
  add('ids <name> [ids...]', 'Lets an account own more client ids: an id, or its beginning with * at the end.')
    .option('--remove <ids>', 'it does not own these any more; may be given several times', gather)
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_IDS_HELP))
    .action(async (name: string, ids: string[], options: AccountOptions & { remove?: string[] }) => {
      outcome.exitCode = await (await commands()).accountIds(shell, name, ids, options);
    });
  add('expire <name> <when>', 'Sets when an account ends: 30d, 12h, 2027-01-31, 2027-01-31T18:00 or never.').action(
    async (name: string, when: string, options: AccountOptions) => {
      outcome.exitCode = await (await commands()).accountExpire(shell, name, when, options);
    },
  );
  add('certificate <name>', 'Gives an account a client certificate, as three files: NAME.crt, NAME.key and ca.crt.')
    .option('--days <number>', 'how long it is good', '365')
    .option('--out <folder>', 'where the files go (this folder)')
    .option('--revoke <id>', 'revoke this certificate, or all; connections that joined with it end')
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_CERTIFICATE_HELP))
    .action(async (name: string, options: CertificateOptions) => {
      const { accountCertificate } = await import('./commands/account-certificate.ts');
      outcome.exitCode = await accountCertificate(shell, name, options);
    });
  add('import [file]', 'Adds the accounts of a password file of mosquitto, or of OOCSI users, with their passwords.')
    .option('--oocsi-users', 'those of the environment variable CROSSCOMM_OOCSI_USERS')
    .option('--role <role>', 'a role of all of them, by default member; may be given several times', gather)
    .addHelpText('after', withCalls(shell.env, help.ACCOUNT_IMPORT_HELP))
    .action(async (file: string | undefined, options: ImportOptions) => {
      const { accountImport } = await import('./commands/account-import.ts');
      outcome.exitCode = await accountImport(shell, file, options);
    });
}
