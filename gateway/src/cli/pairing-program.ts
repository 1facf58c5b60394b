import type { Command } from 'commander';
import type { PairOptions } from './commands/pair.ts';
import type { ApproveOptions } from './commands/serial-approve.ts';
import * as help from './help.ts';
import { addReachFlags, gather } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm pair`. */
export function addPair(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(
    program
      .command('pair')
      .summary('give a device a token of its own, by a code')
      .description('Shows a code of six digits by which one device gets a token of its own, and who comes with it.'),
  )
    .option('--name <account>', 'the account that gets the token; without it, one called like the device')
    .option('--role <role>', 'a role of an account that is made, by default device; may be given several times', gather)
    .option('--minutes <number>', 'how long the code is good', '5')
    .option('--json', 'print a line of JSON for the code, and for each thing that happens')
    .addHelpText('after', withCalls(shell.env, help.PAIR_HELP))
    .action(async (options: PairOptions) => {
      const { pair } = await import('./commands/pair.ts');
      outcome.exitCode = await pair(shell, options);
    });
}

/** `crosscomm serial approve`, below `serial`. */
export function addSerialApprove(serial: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(
    serial
      .command('approve')
      .description('Lets a board join that waits at a port, where serial.approve asks for it; now and from now on.')
      .argument('<port>', 'the port, or the client id of its board, as the list shows them'),
  )
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.SERIAL_APPROVE_HELP))
    .action(async (port: string, options: ApproveOptions) => {
      const { serialApprove } = await import('./commands/serial-approve.ts');
      outcome.exitCode = await serialApprove(shell, port, options);
    });
}
