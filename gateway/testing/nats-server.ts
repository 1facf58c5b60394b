import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPort } from './own-port.ts';
import { Program } from './program.ts';

/** The NATS server that `npm test` installed. */
export const NATS_SERVER = fileURLToPath(new URL('../../.cache/venv/bin/nats-server', import.meta.url));

/** How many ports are tried, where another program of the machine has one. */
const START_TRIES = 5;

/** A real NATS server with JetStream, on a port of its own of 127.0.0.1. */
export class NatsServer {
  readonly url: string;
  readonly port: number;
  readonly #args: readonly string[];
  readonly #folder: string;
  #program: Program;

  private constructor(program: Program, port: number, folder: string, args: readonly string[]) {
    this.#program = program;
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#args = args;
  }

  static async start(...args: string[]): Promise<NatsServer> {
    if (!existsSync(NATS_SERVER)) throw new Error('the NATS server for the tests is not installed: run npm test once');
    const folder = mkdtempSync(join(tmpdir(), 'crosscomm-nats-'));
    const all = args.includes('--no-jetstream')
      ? args.filter((arg) => arg !== '--no-jetstream')
      : ['--jetstream', '--store_dir', folder, ...args];
    for (let tries = 1; ; tries++) {
      const port = ownPort();
      try {
        return new NatsServer(await run(port, all), port, folder, all);
      } catch (error) {
        if (tries === START_TRIES || !String(error).includes('address already in use')) throw error;
      }
    }
  }

  /** Kills it; what it stored is there for `again`. */
  async kill(): Promise<void> {
    await this.#program.stop();
  }

  /** Starts it again, on the same port and with what it stored. */
  async again(): Promise<void> {
    this.#program = await run(this.port, this.#args);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function run(port: number, args: readonly string[]): Promise<Program> {
  const program = new Program('nats-server', NATS_SERVER, ['--addr', '127.0.0.1', '--port', String(port), ...args]);
  await program.errorLine(/(Server is ready)/);
  return program;
}

/** A way to a server that can be cut: then connections break, and new ones are refused, or nothing comes through any more. */
export class CuttableWay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port = ownPort();
  #isBlack = false;

  private constructor(target: number) {
    this.#server = createServer((socket) => this.#join(socket, target));
  }

  static async open(target: number): Promise<CuttableWay> {
    const way = new CuttableWay(target);
    await way.mend();
    return way;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** Breaks all connections, and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Lets nothing through any more, without a word. */
  blacken(): void {
    this.#isBlack = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything through again. */
  async mend(): Promise<void> {
    this.#isBlack = false;
    for (const socket of this.#sockets) socket.resume();
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.cut();
  }

  #join(socket: Socket, target: number): void {
    const other = connect(target, '127.0.0.1');
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        two.destroy();
      });
      one.on('data', (bytes) => two.write(bytes));
      if (this.#isBlack) one.pause();
    }
  }
}
