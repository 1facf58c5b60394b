import type { Writable } from 'node:stream';
import { GatewayError } from '../common/errors.ts';
import { EXIT, exitCodeOf } from './shell.ts';

/** What the outputs of a process tell its command. */
export interface OutputsHandler {
  /** Whether the command goes on without an output, as a gateway does. */
  outlives: boolean;
  /** Says what went wrong, on standard error. */
  complain(error: GatewayError): void;
  /** Ends the process. */
  exit(exitCode: number): void;
}

const STDOUT = 'Standard output';

interface Streams {
  stdout: Writable;
  stderr: Writable;
}

/**
 * Watches what a command writes to. Where the reader of a pipe has gone, as `head` does, the command is at its end, and all is well;
 * where anything else keeps it from writing, such as a full disk, that is an error: OUTPUT_FAILED.
 */
export class Outputs {
  readonly #streams: Streams;
  readonly #handler: OutputsHandler;
  #hasFailed = false;

  constructor(streams: Streams, handler: OutputsHandler) {
    this.#streams = streams;
    this.#handler = handler;
    streams.stdout.on('error', (error: NodeJS.ErrnoException) => this.#failed(error, STDOUT));
    streams.stderr.on('error', (error: NodeJS.ErrnoException) => this.#failed(error, undefined));
  }

  /** Resolves when all that was written is out, or an error of it has been told. */
  async settled(): Promise<void> {
    const { stdout, stderr } = this.#streams;
    for (const stream of [stdout, stderr]) {
      if (stream.writableLength > 0 && !stream.errored) {
        await new Promise<void>((resolve) => stream.once('drain', resolve).once('error', () => resolve()));
      }
    }
    // A write that failed at once is told in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    // Node's own streams keep going after an error, and may not tell of one while more is to be written.
    if (stdout.errored) this.#failed(stdout.errored, STDOUT);
    if (stderr.errored) this.#failed(stderr.errored, undefined);
  }

  /** `name` is undefined where there is nowhere left to say anything. */
  #failed({ code, message }: NodeJS.ErrnoException, name: string | undefined): void {
    const { outlives, complain, exit } = this.#handler;
    if (code === 'EPIPE') {
      if (!outlives) exit(EXIT.fine);
      return;
    }
    const error = new GatewayError(
      'OUTPUT_FAILED',
      `${name} cannot be written (${REASONS[code ?? ''] ?? message}): what is missing there is lost.`,
    );
    if (name !== undefined && !this.#hasFailed) complain(error);
    this.#hasFailed = true;
    if (!outlives) exit(exitCodeOf(error));
  }
}

const REASONS: Record<string, string> = {
  ENOSPC: 'there is no space left',
  EDQUOT: 'your share of the disk is used up',
  EFBIG: 'the file is as large as it may be',
  EIO: 'the device fails',
};
