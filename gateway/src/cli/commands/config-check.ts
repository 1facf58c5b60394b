import { checkConfig } from '../../config/load.ts';
import { EXIT, paintOf, type Shell, say, warn } from '../shell.ts';

/** `crosscomm config check`: every mistake in a file, by line. */
export function configCheck(shell: Shell, file: string): number {
  const problems = checkConfig(file, shell.cwd);
  if (problems.length === 0) {
    say(shell, `${paintOf(shell).green('ok')}  ${file} is a valid configuration.`);
    return EXIT.fine;
  }
  for (const { sentence } of problems) shell.stderr.write(`${sentence}\n`);
  const what = problems.length === 1 ? 'one thing is' : `${problems.length} things are`;
  warn(shell, `In ${file} ${what} wrong; crosscomm.example.yaml explains every key.`);
  return EXIT.usage;
}
