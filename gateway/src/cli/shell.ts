import { GatewayError } from '../errors.ts';
import { type Paint, paintFor } from './paint.ts';

/** Where a command writes. */
export interface Output {
  write(text: string): boolean;
  isTTY?: boolean | undefined;
  /** Of a terminal: its size in characters. */
  columns?: number | undefined;
  rows?: number | undefined;
  once(event: 'drain', listener: () => void): unknown;
}

/** What a command has of the process it runs in; tests give it another. */
export interface Shell {
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Aborted when the person wants the command to end: Ctrl-C, or the end of the pipe it writes to. */
  ended: AbortSignal;
}

/** The environment variable that says how the command is called where it is not on the PATH. */
const COMMAND_VARIABLE = 'CROSSCOMM_COMMAND';

/** A call of the command for a hint, as it works for this person: `crosscomm listen`, or `npm run crosscomm -- listen`. */
export function callOf(env: NodeJS.ProcessEnv, line: string): string {
  const command = env[COMMAND_VARIABLE] || 'crosscomm';
  return line === 'start' && command.startsWith('npm ') ? 'npm start' : `${command} ${line}`;
}

/** Exit codes: what a script that calls the command can rely on. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** A command used wrongly. The message is a sentence. */
export class UsageError extends Error {}

export function say(shell: Shell, line: string): void {
  shell.stdout.write(`${line}\n`);
}

export function warn(shell: Shell, sentence: string): void {
  shell.stderr.write(`crosscomm: ${sentence}\n`);
}

export function paintOf(shell: Shell, output: Output = shell.stdout): Paint {
  return paintFor(output, shell.env);
}

/**
 * Writes what went wrong as one sentence to standard error.
 *
 * @returns the exit code: 2 for what is wrong with the call, the configuration or the place it runs in; 1 for the rest
 */
export function report(shell: Shell, error: unknown): number {
  if (error instanceof UsageError) {
    warn(shell, error.message);
    return EXIT.usage;
  }
  if (error instanceof GatewayError) {
    warn(shell, `${error.message} [${error.code}]`);
    const isOfPlace = error.fault === 'configuration' || error.fault === 'environment';
    return isOfPlace && error.code !== 'GATEWAY_UNREACHABLE' ? EXIT.usage : EXIT.failed;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  warn(shell, `This is a fault of the gateway's own, please report it: ${text}`);
  return EXIT.failed;
}
