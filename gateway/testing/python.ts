import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Program, type ProgramOptions } from './program.ts';

/** The Python with the packages that `npm test` installed. */
export const PYTHON = fileURLToPath(new URL('../../.cache/venv/bin/python', import.meta.url));

/** Starts an example of the project's, as a person would; its lines are events `{"event": "line", "line"}`. */
export function startExample(script: string, args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`../../examples/${script}`, import.meta.url));
  const command = script.endsWith('.py') ? PYTHON : process.execPath;
  return new Program(script, command, [path, ...args], { parse: (line) => ({ event: 'line', line }) });
}

/** Starts one of the Python programs beside this file, with the packages that `npm test` installed. */
export function startPython(
  name: string,
  script:
    | 'notify_socket.py'
    | 'oocsi_agent.py'
    | 'osc_agent.py'
    | 'oss_agent.py'
    | 'pywayne_agent.py'
    | 'pywayne_server.py'
    | 's3_agent.py'
    | 's3_server.py',
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Program {
  if (!existsSync(PYTHON)) throw new Error('the Python packages for the tests are not installed: run npm test once');
  const path = fileURLToPath(new URL(`./python/${script}`, import.meta.url));
  return new Program(name, PYTHON, [path, ...args], options);
}
