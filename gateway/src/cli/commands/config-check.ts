import { checkConfig } from '../../app/config.ts';
import { neededConfigFile, personFolder } from '../config-file.ts';
import { exampleFile } from '../example-file.ts';
import { complain, EXIT, paintOf, type Shell, say, warn, withCalls } from '../shell.ts';

/** `crosscomm config check`: every mistake in a file, by line; without one, in the `crosscomm.yaml` that `start` takes. */
export function configCheck(shell: Shell, named: string | undefined): number {
  const file = neededConfigFile(shell, named, 'config check');
  const problems = checkConfig(file, shell.cwd);
  if (problems.length === 0) {
    say(shell, `${paintOf(shell).green('ok')}  ${file} is a valid configuration.`);
    return EXIT.fine;
  }
  for (const { sentence, problem } of problems) complain(shell, `${withCalls(shell.env, sentence)} [${problem.code}]`);
  const what = problems.length === 1 ? 'one thing is' : `${problems.length} things are`;
  warn(shell, `In ${file} ${what} wrong; ${exampleFile(personFolder(shell))} explains every key.`);
  return EXIT.usage;
}
