import type { Command } from 'commander';
import type { TraceOptions } from './commands/trace.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm trace`. */
export function addTrace(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('trace'))
    .summary('find out why a message did not arrive')
    .description(
      'Tells what became of the last messages that a client sent or that were for it, or for a channel: who got each, who did not, and why.',
    )
    .argument('[client-or-channel]', 'a client, a channel or a topic filter; without it, all messages')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--limit <number>', 'how many of the last messages, up to 1000; 20 if you do not say it')
    .option('--json', 'one line of JSON for each message')
    .addHelpText('after', withCalls(shell.env, help.TRACE_HELP))
    .action(async (about: string | undefined, options: TraceOptions) => {
      const { trace } = await import('./commands/trace.ts');
      outcome.exitCode = await trace(shell, about, options);
    });
}
