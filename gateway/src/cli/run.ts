import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { EXIT, report, type Shell } from './shell.ts';

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
    // Commander has said it already; help and version end that way too, and are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    return report(shell, error);
  }
}
