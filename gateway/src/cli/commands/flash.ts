import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import type { FlashEvent } from '../../web/api/flash.ts';
import { eventsOf } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';

export interface FlashOptions extends ReachOptions {
  board?: string;
  offset?: string;
  json?: boolean;
}

/** What the gateway takes. */
const MAX_BYTES = 16 * 1024 * 1024;
/** How often a line is printed where it cannot be written over, in percent. */
const STEP = 25;

/** `crosscomm flash`: writes firmware to a board at a serial port of a running gateway. */
export async function flash(shell: Shell, port: string, file: string, options: FlashOptions): Promise<number> {
  const content = await contentOf(resolve(shell.cwd, file));
  const { url, account, secret } = await reachOf(shell, options);
  const query = new URLSearchParams();
  if (options.board !== undefined) query.set('board', options.board);
  if (options.offset !== undefined) query.set('offset', String(numberOf(options.offset)));
  // A port of another machine has a path of that machine.
  const named = port.startsWith('.') ? resolve(shell.cwd, port) : port;
  const path = `/api/v1/serial/${encodeURIComponent(named)}/flash?${query}`;
  const view = new FlashView(shell, options.json === true);
  let last: FlashEvent | undefined;
  try {
    for await (const text of eventsOf(shell, url, path, { account, secret, signal: shell.ended, file: content })) {
      last = JSON.parse(text) as FlashEvent;
      view.show(last);
    }
  } catch (error) {
    view.end();
    if (!(error instanceof GatewayError) || error.code !== 'PEER_NOT_FOUND') throw error;
    throw new GatewayError(
      error.code,
      `${error.message} ${callOf(shell.env, 'serial list')} shows those that there are.`,
    );
  }
  view.end();
  if (last?.is === 'done') return EXIT.fine;
  if (last?.is === 'failed') throw new GatewayError(last.code, last.message);
  const what = shell.ended.aborted ? 'You have ended the command' : 'The gateway has broken off the connection';
  throw new GatewayError(
    'FLASH_FAILED',
    `${what}; the gateway goes on with what it has begun, and its log says how it ends.`,
  );
}

async function contentOf(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`There is no file ${printable(path)}.`);
  if (found.size > MAX_BYTES)
    throw new UsageError(`${printable(path)} has ${found.size} bytes, more than any board takes.`);
  return await readFile(path);
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= 0) return number;
  throw new UsageError(`--offset is a number of bytes, such as 0x10000, not "${printable(text)}".`);
}

/** Shows a person, or a program, how far it is. */
class FlashView {
  readonly #shell: Shell;
  readonly #isJson: boolean;
  #isLineOpen = false;
  #step = '';

  constructor(shell: Shell, isJson: boolean) {
    this.#shell = shell;
    this.#isJson = isJson;
  }

  show(event: FlashEvent): void {
    if (this.#isJson) {
      say(this.#shell, JSON.stringify(event));
      return;
    }
    switch (event.is) {
      case 'begun': {
        const { client, path, board, tool, bytes } = event;
        const kilobytes = Math.ceil(bytes / 1000);
        warn(
          this.#shell,
          `Flashing ${printable(client)} at ${printable(path)} as ${board}, ${kilobytes} kB, by ${tool}.`,
        );
        break;
      }
      case 'progress':
        this.#progress(event);
        break;
      case 'done':
        this.end();
        say(
          this.#shell,
          `${printable(event.client)} has the new firmware and is online, after ${event.seconds} s` +
            `${event.hasSpoken ? '' : '; it has said nothing yet'}.`,
        );
        break;
      default:
    }
  }

  /** Ends a line that was written over. */
  end(): void {
    if (this.#isLineOpen) this.#shell.stderr.write('\n');
    this.#isLineOpen = false;
  }

  #progress({ stage, percent }: Extract<FlashEvent, { is: 'progress' }>): void {
    if (this.#shell.stderr.isTTY) {
      this.#shell.stderr.write(`\r${stage} ${String(percent).padStart(3)} %  `);
      this.#isLineOpen = true;
      return;
    }
    const step = `${stage} ${percent - (percent % STEP)} %`;
    if (step === this.#step) return;
    this.#step = step;
    warn(this.#shell, step);
  }
}
