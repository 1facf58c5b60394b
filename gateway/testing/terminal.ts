import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

/** What a shell has in its environment, without what npm told this test's own process. */
export const PERSON_ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|CI$)/i.test(name)),
);

/** How long what a person waits for may take, on a machine that runs everything else at once. */
const LIMIT_MS = 60_000;

const CTRL_C = '\x03';

/** A terminal of 80 columns in which one command runs, as a person typed it; what it shows can be awaited. */
export class Terminal {
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #over: Promise<unknown>;
  readonly #changes = new EventEmitter();
  #isOver = false;
  #text = '';

  /** @param command for a POSIX shell; @param cwd the folder it is typed in; @param env what the shell has besides */
  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv = {}) {
    this.#command = command;
    const inTerminal = ['--quiet', '--return', '--flush', '--command', `stty cols 80 rows 24; ${command}`, '/dev/null'];
    this.#child = spawn('script', inTerminal, { cwd, env: { ...PERSON_ENV, TERM: 'xterm', ...env }, detached: true });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#changes.emit('change');
    });
    this.#over = once(this.#child, 'close').then(() => {
      this.#isOver = true;
      this.#changes.emit('change');
    });
  }

  /** All that was shown so far, without colours, lines ended by a line feed. */
  get shown(): string {
    return stripVTControlCharacters(this.#text).replaceAll('\r\n', '\n');
  }

  /** The first match of `pattern` in what is shown, once it is there. Throws where the command ends, or takes too long, before. */
  async see(pattern: RegExp, limitMs = LIMIT_MS): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(limitMs);
    for (;;) {
      const match = pattern.exec(this.shown);
      if (match) return match;
      const why = this.#isOver ? 'the command ended' : limit.aborted ? 'it took too long' : undefined;
      if (why)
        throw new Error(`${this.#command}: ${why}, and ${pattern} was not shown, but:\n${this.shown.slice(-3000)}`);
      await once(this.#changes, 'change', { signal: limit }).catch(() => {});
    }
  }

  /** Types it; '\\r' is the Enter key. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the command has ended by itself; its exit code. */
  async ended(): Promise<number | null> {
    await this.#over;
    return this.#child.exitCode;
  }

  /** Ctrl-C, and SIGKILL to all of it where that did not end it within 10 s. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#child.stdin?.write(CTRL_C);
    const hard = setTimeout(() => this.#kill(), 10_000);
    await this.#over;
    clearTimeout(hard);
  }

  #kill(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has ended just now.
    }
  }
}
