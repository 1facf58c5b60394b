import type { Command } from 'commander';
import type { SetupOptions } from './commands/setup.ts';
import * as help from './help.ts';
import { addPlaceFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm setup`. */
export function addSetup(program: Command, shell: Shell, outcome: Outcome): void {
  addPlaceFlags(program.command('setup'))
    .summary('let others in: administrator, certificate, configuration')
    .description(
      'Makes the first administrator, the certificate and the configuration of a gateway that other machines may reach. ' +
        'It asks three questions, or goes by its flags. What is there already stays as it is.',
    )
    .option('--admin <name>', 'the account of the administrator')
    .option('--password-stdin', 'standard input holds its password; without it, and without a terminal, it has a token')
    .option('--host <address>', 'where the gateway listens: 0.0.0.0 for all, 127.0.0.1 for this machine alone')
    .option('--tls <auto|none>', 'encrypted connections, with a certificate that the gateway makes; by default auto')
    .option('--json', 'print one line of JSON, and ask nothing')
    .addHelpText('after', withCalls(shell.env, help.SETUP_HELP))
    .action(async (options: SetupOptions) => {
      const { setup } = await import('./commands/setup.ts');
      outcome.exitCode = await setup(shell, options);
    });
}
