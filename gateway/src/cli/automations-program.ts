import type { Command } from 'commander';
import type { AutomationsOptions } from './commands/automations.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm automations list` and `crosscomm automations dry-run`. */
export function addAutomations(program: Command, shell: Shell, outcome: Outcome): void {
  const automations = program
    .command('automations')
    .summary('what the gateway sends by itself')
    .description('Shows what came of automations, and what would have come of others within the last hour.');
  const add = (line: string, text: string): Command =>
    addReachFlags(automations.command(line).description(text))
      .option('--account <name>', 'the account whose password or token is in CROSSCOMM_TOKEN')
      .option('--json', 'print JSON');
  add('list', 'Shows each automation of the configuration: how often it has sent, and when it did last.').action(
    async (options: AutomationsOptions) => {
      const { listAutomations } = await import('./commands/automations.ts');
      outcome.exitCode = await listAutomations(shell, options);
    },
  );
  add('dry-run', 'Shows what automations would have sent for what was said within the last hour. Nothing is sent.')
    .argument('[file]', 'YAML with a section automations; "-": standard input; without it, those of the configuration')
    .addHelpText('after', withCalls(shell.env, help.DRY_RUN_HELP))
    .action(async (file: string | undefined, options: AutomationsOptions) => {
      const { tryAutomations } = await import('./commands/automations.ts');
      outcome.exitCode = await tryAutomations(shell, file, options);
    });
}
