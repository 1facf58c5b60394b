import { type ChildProcess, spawn } from 'node:child_process';
import { lstat, mkdir, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { encodeSlip, SlipDecoder } from '@crosscomm/protocol';
import { SimError } from '../error.ts';
import { type Connection, type ConnectionHandler, MAX_BUFFERED_BYTES, type Transport } from '../link.ts';
import type { Random } from '../random.ts';
import { PTY_HELPER } from './pty-helper.ts';

/** Which ports there are to be, and how good the lines are. */
export interface PtyOptions {
  /** Where a link with each device's id leads to its port. */
  folder: string;
  deviceIds: readonly string[];
  /** The longest frame that is taken. */
  maxFrame: number;
  /** One byte in so many is another one on the way, both ways; 0: none is. */
  noiseOneIn: number;
  random: Random;
}

/** A gateway opens no more ports. */
const MAX_PORTS = 64;

/** Frames on pseudo-terminals, which a gateway takes for serial ports. */
export class PtyTransport implements Transport {
  readonly address: string;
  readonly #options: PtyOptions;
  readonly #helper: ChildProcess;
  readonly #ports = new Map<string, Duplex>();
  readonly #links: string[] = [];

  private constructor(options: PtyOptions, helper: ChildProcess) {
    this.#options = options;
    this.#helper = helper;
    this.address = `pseudo-terminals in ${options.folder}`;
  }

  /** Opens a port for each device. Throws SimError where there is no way to. */
  static async open(options: PtyOptions): Promise<PtyTransport> {
    const { deviceIds, folder } = options;
    if (deviceIds.length > MAX_PORTS) {
      throw new SimError(`There can be ${MAX_PORTS} devices on serial ports, as a gateway opens no more.`);
    }
    const count = deviceIds.length;
    const helper = spawn('python3', ['-c', PTY_HELPER, String(count)], {
      stdio: ['pipe', 'pipe', 'inherit', ...Array.from({ length: count }, () => 'pipe' as const)],
    });
    const transport = new PtyTransport(options, helper);
    try {
      const paths = await pathsOf(helper, count);
      await mkdir(folder, { recursive: true });
      for (const [index, id] of deviceIds.entries()) {
        const link = join(folder, id);
        await replaceLink(paths[index] as string, link);
        transport.#links.push(link);
        const port = helper.stdio[3 + index] as Duplex;
        port.on('error', () => {});
        transport.#ports.set(id, port);
      }
      return transport;
    } catch (error) {
      await transport.stop();
      throw error instanceof SimError
        ? error
        : new SimError(`No port can be made in ${folder}: ${reasonOf(error)}.`, 'SERIAL_PORT');
    }
  }

  /** `deviceId`: one of those that the ports were opened for. */
  connect(deviceId: string, handler: ConnectionHandler): Connection {
    return new PtyConnection(this.#ports.get(deviceId) as Duplex, this.#options, handler);
  }

  async stop(): Promise<void> {
    this.#helper.stdin?.end();
    this.#helper.kill();
    for (const port of this.#ports.values()) port.destroy();
    for (const link of this.#links) await unlink(link).catch(() => {});
  }
}

class PtyConnection implements Connection {
  readonly #port: Duplex;
  readonly #options: PtyOptions;
  readonly #handler: ConnectionHandler;
  readonly #decoder: SlipDecoder;
  #state: 'opening' | 'open' | 'closed' = 'opening';

  constructor(port: Duplex, options: PtyOptions, handler: ConnectionHandler) {
    this.#port = port;
    this.#options = options;
    this.#handler = handler;
    this.#decoder = new SlipDecoder(options.maxFrame, {
      frame: (bytes) => this.#state === 'open' && handler.frame(bytes),
      text: () => {},
      fault: () => {},
    });
    port.on('data', this.#onData);
    port.on('drain', this.#onDrain);
    port.once('close', this.#onClose);
    setImmediate(() => {
      if (this.#state === 'closed') return;
      this.#state = 'open';
      handler.open();
    });
  }

  send(frame: Uint8Array): boolean {
    if (this.#state !== 'open' || this.#port.writableLength >= MAX_BUFFERED_BYTES) return false;
    this.#port.write(this.#noisy(encodeSlip(frame)));
    return true;
  }

  pause(): void {
    this.#port.pause();
  }

  resume(): void {
    this.#port.resume();
  }

  /** The port stays; whatever comes until the next connection is lost, as with a board that is being reset. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#port.off('data', this.#onData);
    this.#port.off('drain', this.#onDrain);
    this.#port.off('close', this.#onClose);
    this.#port.resume();
    setImmediate(() => this.#handler.closed('the port was let go'));
  }

  #onData = (chunk: Buffer): void => this.#decoder.push(this.#noisy(chunk));
  #onDrain = (): void => this.#handler.drain();
  #onClose = (): void => {
    this.#state = 'closed';
    this.#handler.closed('the pseudo-terminal is gone');
  };

  #noisy(bytes: Uint8Array): Uint8Array {
    const { noiseOneIn, random } = this.#options;
    if (noiseOneIn === 0) return bytes;
    return bytes.map((byte) => (random() * noiseOneIn < 1 ? Math.floor(random() * 256) : byte));
  }
}

/** The paths that the helper prints; rejects where it cannot. */
function pathsOf(helper: ChildProcess, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const paths: string[] = [];
    helper.once('error', () =>
      reject(
        new SimError('Pseudo-terminals need Python 3: install it by "sudo apt install python3".', 'INSTALL_INCOMPLETE'),
      ),
    );
    helper.once('exit', () => reject(new SimError('The system has no more pseudo-terminals to give.', 'SERIAL_PORT')));
    if (!helper.stdout) return;
    createInterface({ input: helper.stdout }).on('line', (path) => {
      paths.push(path);
      if (paths.length === count) resolve(paths);
    });
  });
}

/** Makes a symbolic link, in place of one of an earlier run; never of a file. */
async function replaceLink(target: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there && !there.isSymbolicLink())
    throw new SimError(`${path} is there already, and is no port of a simulator.`, 'SERIAL_PORT');
  if (there) await unlink(path);
  await symlink(target, path);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
