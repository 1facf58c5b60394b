import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EventQueue, type LineEvent } from './json-lines.ts';

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Turns a line of standard output into an event; default: the line is JSON. */
  parse?(line: string): LineEvent | undefined;
  /** Sees all that it writes. */
  said?: (bytes: Buffer) => void;
}

/** A helper program of a test, driven by lines on its standard input and heard by lines on its output. */
export class Program {
  readonly events: EventQueue;
  readonly process: ChildProcess;
  /** The last part of what it said on standard error. */
  errors = '';
  readonly #errorLines: EventQueue;

  constructor(name: string, command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.events = new EventQueue(name);
    this.#errorLines = new EventQueue(`${name}, standard error`);
    this.process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
    });
    const parse = options.parse ?? ((line: string) => JSON.parse(line) as LineEvent);
    const { stdout, stderr } = this.process;
    if (options.said) for (const output of [stdout, stderr]) output?.on('data', options.said);
    if (stdout) {
      createInterface({ input: stdout }).on('line', (line) => {
        let event: LineEvent | undefined;
        try {
          event = parse(line);
        } catch (error) {
          // One that was ended may have been in the middle of a line.
          if (!this.process.killed) throw error;
        }
        if (event) this.events.push(event);
      });
    }
    if (stderr) {
      createInterface({ input: stderr }).on('line', (line) => {
        this.errors = `${this.errors}${line}\n`.slice(-20_000);
        this.#errorLines.push({ event: 'line', line });
      });
    }
    const end = (why: string): void => {
      this.events.end(why);
      this.#errorLines.end(why);
    };
    this.process.on('error', (error) => end(error.message));
    this.process.on('close', (code, signal) => end(`exit ${code ?? signal}; it said: ${this.errors.slice(-2000)}`));
    this.process.stdin?.on('error', () => {});
  }

  /** The first part in brackets of `pattern`, in the first line on standard error that matches it. */
  async errorLine(pattern: RegExp): Promise<string> {
    const { line } = await this.#errorLines.take(String(pattern), (event) => pattern.test(String(event.line)));
    return pattern.exec(String(line))?.[1] ?? '';
  }

  /** Writes one JSON command. */
  command(command: Record<string, unknown>): void {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** The first event of this name (and, if given, these fields) that nobody took yet. */
  take(event: string, fields: Record<string, unknown> = {}, timeoutMs?: number): Promise<LineEvent> {
    const what = `${event} ${JSON.stringify(fields)}`;
    return this.events.take(what, (candidate) => candidate.event === event && contains(candidate, fields), timeoutMs);
  }

  /** Ends the program, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = once(this.process, 'close');
      this.process.kill(signal);
      await gone;
    }
    return this.process.exitCode;
  }
}

/** True where `value` has every field of `part`, compared in depth. */
export function contains(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(value, part);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, expected]) => contains((value as Record<string, unknown>)[key], expected));
}
