import { PassThrough } from 'node:stream';
import type { OpenPort, OpenPortHandler, OpenPortOptions, PortOpener } from '../src/transports/serial/port-opener.ts';

/** One opening of a serial port that is not there. */
export class FakePort implements OpenPort {
  readonly options: OpenPortOptions;
  readonly output = new PassThrough();
  readonly #handler: OpenPortHandler;
  closed = false;

  constructor(options: OpenPortOptions, handler: OpenPortHandler) {
    this.options = options;
    this.#handler = handler;
  }

  /** What the gateway wrote since the last call. */
  written(): string {
    return this.output.read()?.toString('utf8') ?? '';
  }

  /** What the gateway wrote since the last call, as bytes. */
  writtenBytes(): Uint8Array {
    return (this.output.read() as Buffer | null) ?? new Uint8Array();
  }

  /** The board says something. */
  say(text: string | Uint8Array): void {
    this.#handler.data(Buffer.from(text as string));
  }

  /** Somebody pulls the plug. */
  unplug(): void {
    if (this.closed) return;
    this.closed = true;
    this.output.destroy();
    this.#handler.closed(new Error('disconnected'));
  }

  async close(): Promise<void> {
    this.unplug();
  }
}

/** Opens fake ports. */
export class FakePorts {
  /** Every opening that succeeded, in order. */
  readonly opened: FakePort[] = [];
  /** The paths of all tries. */
  readonly tries: string[] = [];
  /** The next openings fail with this. */
  failure: Error | undefined;

  readonly open: PortOpener = async (options, handler) => {
    this.tries.push(options.path);
    if (this.failure) throw this.failure;
    const port = new FakePort(options, handler);
    this.opened.push(port);
    return port;
  };

  get last(): FakePort {
    const port = this.opened.at(-1);
    if (!port) throw new Error('no port was opened');
    return port;
  }
}

/** Lets promises that are due settle, also such as wait for several others. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
