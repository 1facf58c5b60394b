import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { run } from '../src/cli/run.ts';
import type { Shell } from '../src/cli/shell.ts';

/** A terminal that keeps what is written to it. */
class Screen extends EventEmitter {
  text = '';
  /** Once set, a write says that there is no more room, until `drain` is emitted. */
  full = false;
  isTTY: boolean;
  columns: number | undefined;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.text += text;
    this.emit('line');
    return !this.full;
  }
}

/** A command in this process, with a shell that is not this process'. */
export class TestShell {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly #ended = new AbortController();
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #input: string;

  /** `input`: what is on standard input. */
  constructor({
    env = {},
    cwd = '/',
    terminal = false,
    input = '',
  }: { env?: NodeJS.ProcessEnv; cwd?: string; terminal?: boolean; input?: string } = {}) {
    this.#input = input;
    this.stdout = new Screen(terminal);
    this.stderr = new Screen(terminal);
    this.#env = env;
    this.#cwd = cwd;
  }

  get shell(): Shell {
    return {
      stdout: this.stdout,
      stderr: this.stderr,
      stdin: Readable.from([Buffer.from(this.#input)]),
      env: this.#env,
      cwd: this.#cwd,
      ended: this.#ended.signal,
    };
  }

  /** Runs a command line; the exit code. */
  run(...argv: string[]): Promise<number> {
    return run(argv, this.shell);
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#ended.abort();
  }

  /** The lines on standard output, once there are so many. */
  async lines(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.stdout.text.split('\n').slice(0, -1);
      if (lines.length >= count) return lines;
      await new Promise((resolve) => this.stdout.once('line', resolve));
    }
  }
}
