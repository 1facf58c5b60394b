import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPort } from './own-port.ts';

/** A mosquitto of Debian, with its data in a folder of its own. */
export class Mosquitto {
  readonly port: number;
  readonly folder: string;
  readonly #lines: string[];
  #program: ChildProcess | undefined;

  private constructor(port: number, folder: string, lines: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#lines = [...lines];
  }

  /** Starts one on a port of its own, which it has again when it is started again. `lines`: more of its configuration. */
  static async start(lines: readonly string[] = []): Promise<Mosquitto> {
    const mosquitto = await Mosquitto.prepare(lines);
    await mosquitto.run();
    return mosquitto;
  }

  /** The same, but it does not run yet. */
  static async prepare(lines: readonly string[] = []): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), 'crosscomm-mosquitto-'));
    let port = ownPort();
    // What another program of the machine has would be taken for this one.
    while (await answers(port)) port = ownPort();
    return new Mosquitto(port, folder, lines);
  }

  /** Puts lines to its configuration, for when it is run next. */
  more(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** Runs it, until it takes connections. */
  async run(): Promise<void> {
    const file = join(this.folder, 'mosquitto.conf');
    const usual = this.#lines.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true'];
    const listener = this.#lines.some((line) => line.startsWith('listener')) ? [] : [`listener ${this.port} 127.0.0.1`];
    const kept = [
      'user root',
      'set_tcp_nodelay true',
      'persistence true',
      `persistence_location ${this.folder}/`,
      'autosave_interval 1',
    ];
    await writeFile(file, `${[...listener, ...usual, ...kept, ...this.#lines].join('\n')}\n`);
    const program = spawn('/usr/sbin/mosquitto', ['-c', file], { stdio: 'ignore' });
    this.#program = program;
    while (!(await answers(this.port))) {
      if (program.exitCode !== null) throw new Error(`mosquitto ended: exit ${program.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it as an operator does: it saves what it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it, and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    if (program === undefined || program.exitCode !== null || program.signalCode !== null) return;
    const gone = once(program, 'exit');
    program.kill(signal);
    await gone;
  }
}

/** Whether something takes connections at a port of this machine. */
async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const isTaken = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isTaken;
}
