import type { Command } from 'commander';
import type { ClassOptions, ClassStartOptions } from './commands/class.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm class ...`. */
export function addClass(program: Command, shell: Shell, outcome: Outcome): void {
  const room = program
    .command('class')
    .summary('teams of a lesson, kept apart')
    .description(
      'Makes an account for each team of a class, with a join code, and ends them all. Each team has the channels and ' +
        'client ids that begin with its name; no other team sees them. Works on the machine of the gateway, and ' +
        'elsewhere by --url with the token of an administrator in CROSSCOMM_TOKEN.',
    );
  const add = (line: string, text: string): Command =>
    addReachFlags(room.command(line).description(text)).option('--json', 'print JSON');
  const commands = () => import('./commands/class.ts');
  add('start', 'Makes the accounts team1, team2 and so on, and prints their join codes.')
    .requiredOption('--teams <number>', 'how many')
    .requiredOption('--minutes <number>', 'how long the codes are good')
    .addHelpText('after', withCalls(shell.env, help.CLASS_START_HELP))
    .action(async (options: ClassStartOptions) => {
      outcome.exitCode = await (await commands()).classStart(shell, options);
    });
  add('status', 'Shows the teams: what they may do, who is online, and who has said nothing for how long.').action(
    async (options: ClassOptions) => {
      outcome.exitCode = await (await commands()).classStatus(shell, options);
    },
  );
  const turns = [
    ['open', 'open', 'Opens the shared space: teams send to the channels class/..., too.'],
    ['close', 'closed', 'Lets teams send within the team only, after open or freeze.'],
    ['freeze', 'frozen', 'Lets teams hear and send nothing, until open or close.'],
  ] as const;
  for (const [line, mode, text] of turns) {
    add(line, text).action(async (options: ClassOptions) => {
      outcome.exitCode = await (await commands()).classTurn(shell, mode, options);
    });
  }
  add('clear', 'Removes what is retained on the channels of the teams, and on class/....').action(
    async (options: ClassOptions) => {
      outcome.exitCode = await (await commands()).classClear(shell, options);
    },
  );
  add('end', 'Removes the accounts of the teams, and what they retained; their clients are disconnected.').action(
    async (options: ClassOptions) => {
      outcome.exitCode = await (await commands()).classEnd(shell, options);
    },
  );
}
