import { type Command, Option } from 'commander';
import { CODE_LANGUAGES } from '../shapes/code/code.ts';
import type { CodegenOptions } from './commands/codegen.ts';
import type { ShapesOptions } from './commands/shapes.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm shapes` and `crosscomm codegen`. */
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
  addReachFlags(program.command('codegen'))
    .summary('write source code for what a channel carries')
    .description('Writes types for the messages of a channel, as the gateway has learnt them.')
    .argument('<channel>', 'a channel')
    .addOption(new Option('--lang <language>', 'for which language').choices(CODE_LANGUAGES).makeOptionMandatory())
    .option('--account <name>', 'the account whose password or token is in CROSSCOMM_TOKEN')
    .addHelpText('after', withCalls(shell.env, help.CODEGEN_HELP))
    .action(async (channel: string, options: CodegenOptions) => {
      const { codegen } = await import('./commands/codegen.ts');
      outcome.exitCode = await codegen(shell, channel, options);
    });
}
