import { fileURLToPath } from 'node:url';
import { Program } from '@crosscomm/testing/program';
import { PYTHON } from '@crosscomm/testing/python';

/** Python takes a second to start; on a machine that runs everything else at once, many. */
export const LIMIT_MS = 60_000;

/** The folder of the package. */
export const FOLDER = fileURLToPath(new URL('../', import.meta.url));

/** A program with the package, and the pseudo-terminals that it opened. */
export interface PythonClient {
  program: Program;
  /** A line whose other end is the program's UART, and one whose other end is `port`, which the program opens by its path. */
  uart: string;
  line: string;
  port: string;
  /** Gives a command and waits for the event that answers it. */
  ask(command: Record<string, unknown>, event: string): Promise<Record<string, unknown>>;
}

export async function startPythonClient(): Promise<PythonClient> {
  const program = new Program('agent.py', PYTHON, [fileURLToPath(new URL('./agent.py', import.meta.url))]);
  const { uart, line, port } = await program.take('started', {}, LIMIT_MS);
  return {
    program,
    uart: String(uart),
    line: String(line),
    port: String(port),
    ask: async (command, event) => {
      program.command(command);
      return await program.take(event, {}, LIMIT_MS);
    },
  };
}
