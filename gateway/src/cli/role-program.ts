import type { Command } from 'commander';
import type { RoleOptions } from './commands/role.ts';
import * as help from './help.ts';
import { addReachFlags, gather } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm role ...`. */
export function addRole(program: Command, shell: Shell, outcome: Outcome): void {
  const role = program
    .command('role')
    .summary('what accounts may do')
    .description(
      'Manages roles, which are lists of rules. They are kept beside the accounts; roles of the configuration ' +
        '(auth.roles) win, and are changed there. Works on the machine of the gateway, and elsewhere by --url with the token ' +
        'of an administrator in CROSSCOMM_TOKEN. Changes take effect at once.',
    );
  const add = (line: string, text: string): Command =>
    addReachFlags(role.command(line).description(text)).option('--json', 'print a line of JSON for each role');
  const commands = () => import('./commands/role.ts');
  add('list', 'Lists the roles, with where each is from.').action(async (options: RoleOptions) => {
    outcome.exitCode = await (await commands()).roleList(shell, options);
  });
  add('show <name>', 'Shows the rules of a role, and who has it.').action(
    async (name: string, options: RoleOptions) => {
      outcome.exitCode = await (await commands()).roleShow(shell, name, options);
    },
  );
  add('set <name>', 'Makes a role, or gives it these rules in place of those that it has.')
    .option('--allow <rule>', 'ACTIONS or ACTIONS=TOPICS; may be given several times', gather)
    .option('--deny <rule>', 'the same; deny wins', gather)
    .option('--rules <file>', 'a list of rules in YAML or JSON, as auth.roles has them; - is standard input')
    .addHelpText('after', withCalls(shell.env, help.ROLE_SET_HELP))
    .action(async (name: string, options: RoleOptions & { allow?: string[]; deny?: string[]; rules?: string }) => {
      outcome.exitCode = await (await commands()).roleSet(shell, name, options);
    });
  add('remove <name>', 'Removes a role. Accounts that have it keep its name, which gives nothing then.').action(
    async (name: string, options: RoleOptions) => {
      outcome.exitCode = await (await commands()).roleRemove(shell, name, options);
    },
  );
}
