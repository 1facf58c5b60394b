import type { Command } from 'commander';
import type { RecordOptions } from './commands/record.ts';
import type { ReplayOptions } from './commands/replay.ts';
import * as help from './help.ts';
import { addReachFlags, gather } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm record` and `crosscomm replay`. */
export function addRecord(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('record'))
    .summary('record what clients send and receive, for a report of a fault')
    .description(
      'Writes what chosen clients send and receive to a file, byte by byte, with passwords and tokens blanked.',
    )
    .argument('<file>', 'the file to make')
    .option('--client <id>', 'a client to record; may be given again', gather)
    .option('--minutes <number>', 'how long; 10 if you do not say it')
    .option('--max-mb <number>', 'the size of a file, of which five are kept; 16 if you do not say it')
    .addHelpText('after', withCalls(shell.env, help.RECORD_HELP))
    .action(async (file: string, options: RecordOptions) => {
      const { record } = await import('./commands/record.ts');
      outcome.exitCode = await record(shell, file, options);
    });
  addReachFlags(program.command('replay'))
    .summary('play a recording against a gateway, and compare what it answers')
    .description(
      'Connects as the clients of a recording did, sends what they sent, and tells what differs in what comes back.',
    )
    .argument('<file>', 'a file that "record" has made')
    .option('--to <listener=host:port>', 'where a listener is, such as mqtt=10.0.0.5:1883; may be given again', gather)
    .option('--speed <number>', 'how many times as fast; 1 if you do not say it')
    .option('--client-suffix <text>', 'what is added to the ids of the clients')
    .option('--account <name>', 'whose credential clients bring that did so beside what they said')
    .option('--password-stdin', 'a password or token in place of blanked ones, on standard input')
    .option('--json', 'one line of JSON for each connection')
    .addHelpText('after', withCalls(shell.env, help.REPLAY_HELP))
    .action(async (file: string, options: ReplayOptions) => {
      const { replay } = await import('./commands/replay.ts');
      outcome.exitCode = await replay(shell, file, options);
    });
}
