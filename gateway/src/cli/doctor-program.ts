import type { Command } from 'commander';
import type { DoctorOptions } from './commands/doctor.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm doctor`. */
export function addDoctor(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('doctor'))
    .summary('find out what is wrong, and what to do')
    .description(
      'Looks at the configuration, the machine and the gateway, whether it runs or not, sends a message through every listener, and says what to do about what is not well.',
    )
    .option('--account <name>', 'the account whose password or token is in CROSSCOMM_TOKEN')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.DOCTOR_HELP))
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.ts');
      outcome.exitCode = await doctor(shell, options);
    });
}
