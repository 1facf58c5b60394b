import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { EXIT, report, type Shell, UsageError } from './shell.ts';

/**
 * Runs the command line `argv` (without node and the script).
 *
 * @returns the exit code; it never throws, what went wrong is on standard error
 */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    const { program, outcome } = await createProgram(shell, argv);
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.fine;
    }
    await program.parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(shell, error);
    // Help and version end that way too, and are no errors.
    if (error.exitCode === 0) return EXIT.fine;
    // Commander has said it already, but where it showed the help of a command that has others below it.
    return error.code === 'commander.help'
      ? report(shell, new UsageError('Name one of the commands above.'))
      : EXIT.usage;
  }
}
