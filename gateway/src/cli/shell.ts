import type { Readable } from 'node:stream';
import { GatewayError } from '../common/errors.ts';
import { type Paint, paintFor } from './paint.ts';
import { wrappedSentences } from './text.ts';

/** Where a command writes. */
export interface Output {
  write(text: string): boolean;
  isTTY?: boolean | undefined;
  /** Of a terminal: its size in characters. */
  columns?: number | undefined;
  rows?: number | undefined;
  once(event: 'drain', listener: () => void): unknown;
}

/** What a person or a program types into a command. */
export interface Input extends Readable {
  isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
}

/** What a command has of the process it runs in; tests give it another. */
export interface Shell {
  stdout: Output;
  stderr: Output;
  /** Left out where nobody can type. */
  stdin?: Input;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Aborted when the person wants the command to end: Ctrl-C, or the end of the pipe it writes to. */
  ended: AbortSignal;
}

/** What the action of a command found out, for `run`. */
export interface Outcome {
  exitCode: number;
}

/** The environment variable that says how the command is called where it is not on the PATH. */
const COMMAND_VARIABLE = 'CROSSCOMM_COMMAND';

/** How the command itself is called here: `crosscomm`, or `npm run crosscomm --`. */
export function commandOf(env: NodeJS.ProcessEnv): string {
  return env[COMMAND_VARIABLE] || 'crosscomm';
}

/** A call of the command for a hint, as it works for this person: `crosscomm listen`, or `npm run crosscomm -- listen`. */
export function callOf(env: NodeJS.ProcessEnv, line: string): string {
  const command = commandOf(env);
  const isNpm = command.startsWith('npm ');
  if (isNpm && /^start( |$)/.test(line)) return `npm ${line.replace(/^start (?=-)/, 'start -- ')}`;
  return `${command} ${line}`;
}

/**
 * A text whose calls of `crosscomm COMMAND` are written as they work for this person. Where another program reads what the call
 * prints, npm must not print beside it.
 */
export function withCalls(env: NodeJS.ProcessEnv, text: string): string {
  const rewritten = (line: string): string =>
    line.replace(/(?<![\w./-])crosscomm ([a-z][a-z-]*(?: --?[a-z][^&|]*)?)/g, (_, call: string) => {
      const isRead = line.includes(' | ') || line.includes('$(');
      return callOf(env, call).replace(/^npm run /, isRead ? 'npm run -s ' : 'npm run ');
    });
  return text.split('\n').map(rewritten).join('\n');
}

/** Exit codes: what a script that calls the command can rely on. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** A command used wrongly. The message is a sentence. */
export class UsageError extends GatewayError {
  constructor(message: string) {
    super('CALL_INVALID', message);
  }
}

/** The exit code of a command that ended with this error. */
export function exitCodeOf({ fault }: GatewayError): number {
  return fault === 'peer' || fault === 'gateway' ? EXIT.failed : EXIT.usage;
}

export function say(shell: Shell, line: string): void {
  shell.stdout.write(`${line}\n`);
}

export function warn(shell: Shell, sentence: string, paint: Paint[keyof Paint] = (text) => text): void {
  complain(shell, `crosscomm: ${sentence}`, paint);
}

/** Writes to standard error; on a terminal in lines that it does not break inside words. */
export function complain({ stderr }: Shell, text: string, paint: Paint[keyof Paint] = (line) => line): void {
  stderr.write(`${paint(fitted(stderr, text))}\n`);
}

/** `text` as it fits the terminal that it goes to; what goes to a file or a pipe is left as it is. */
export function fitted({ isTTY, columns }: Output, text: string): string {
  return isTTY && columns ? wrappedSentences(text, columns) : text;
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
  if (error instanceof GatewayError) {
    warn(shell, `${withCalls(shell.env, error.message)} [${error.code}]`);
    return exitCodeOf(error);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  warn(shell, `This is a fault of the gateway's own, please report it [INTERNAL]: ${text}`);
  return EXIT.failed;
}
