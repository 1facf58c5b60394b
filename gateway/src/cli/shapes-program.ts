import type { Command } from 'commander';
import type { ShapesOptions } from './commands/shapes.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm shapes`. */
export function addShapes(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('shapes'))
    .summary('show what channels carry')
    .description('Shows what a channel carries, or each: the fields of its messages, their types and ranges.')
    .argument('[channel]', 'a channel; without it, all of them')
    .option('--account <name>', 'the account whose password or token is in CROSSCOMM_TOKEN')
    .option('--json', 'one line of JSON for each channel')
    .addHelpText('after', withCalls(shell.env, help.SHAPES_HELP))
    .action(async (channel: string | undefined, options: ShapesOptions) => {
      const { shapes } = await import('./commands/shapes.ts');
      outcome.exitCode = await shapes(shell, channel, options);
    });
}
