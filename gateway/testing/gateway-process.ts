import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPERATOR_SECRET_FILE } from '../src/common/data-files.ts';
import type { LineEvent } from './json-lines.ts';
import { ownPort } from './own-port.ts';
import { Program } from './program.ts';
import { gatewaySaid, keptSecret } from './secrets.ts';

/** It takes a second; on a machine that runs everything else at once, many. */
const START_LIMIT_MS = 60_000;
/** How many ports are tried, where another program of the machine has one. */
const START_TRIES = 5;

const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

export interface ListenerAddress {
  host: string;
  port: number;
}

export interface ReadyEvent {
  http: ListenerAddress;
  oocsi: ListenerAddress;
  mqtt: ListenerAddress;
  /** Where the configuration names a folder of pages. */
  pages?: ListenerAddress;
  /** Where the configuration names a port. */
  osc?: ListenerAddress;
  oss: ListenerAddress;
  /** Where the configuration has a certificate. */
  mqttTls?: ListenerAddress;
  oocsiTls?: ListenerAddress;
  serial: { path: string; id: string; state: string }[];
}

type ListenerName = 'http' | 'oocsi' | 'mqtt' | 'oss' | 'oocsiTls' | 'mqttTls';

/** A gateway in a process of its own, as `npm start` runs it: what a user has. */
export class GatewayProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'crosscomm-test-'));
  readonly #configuration: Record<string, unknown>;
  readonly #env: NodeJS.ProcessEnv;
  /** What the command is put behind, such as a program that limits it. */
  prefix: readonly string[] = [];
  /** The gateway of another place than this checkout: its `cli/main.js`. */
  command = COMMAND;
  #program: Program | undefined;
  #ready: ReadyEvent | undefined;

  /** `configuration` is laid over one that listens on ports of its own of 127.0.0.1 and leaves serial ports alone. */
  constructor(configuration: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = {}) {
    this.#configuration = configuration;
    this.#env = env;
  }

  /** The listeners it opened. */
  get ready(): ReadyEvent {
    if (!this.#ready) throw new Error('the gateway was not started');
    return this.#ready;
  }

  get program(): Program {
    if (!this.#program) throw new Error('the gateway was not started');
    return this.#program;
  }

  get pid(): number {
    return this.program.process.pid ?? -1;
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  /** Starts it, or starts it again on the same data, on the same ports as before. */
  async start(): Promise<ReadyEvent> {
    for (let tries = 1; ; tries++) {
      const ports: number[] = [];
      const port = (name: ListenerName): number => {
        const before = this.#ready?.[name]?.port;
        if (before !== undefined) return before;
        ports.push(ownPort());
        return ports.at(-1) as number;
      };
      try {
        return await this.#begin(port);
      } catch (error) {
        const isTaken = ports.some((each) => this.program.errors.includes(`:${each} `));
        if (!isTaken || tries === START_TRIES) throw error;
      }
    }
  }

  async #begin(port: (name: ListenerName) => number): Promise<ReadyEvent> {
    const at = (name: 'http' | 'oocsi' | 'mqtt' | 'oss'): object => ({
      host: '127.0.0.1',
      port: port(name),
      ...(this.#configuration[name] as object | undefined),
    });
    // The usual ports for TLS may be another test's.
    const withTls = (name: 'oocsi' | 'mqtt'): object => ({ tlsPort: port(`${name}Tls`), ...at(name) });
    const configuration = {
      dataDir: this.dataDir,
      serial: { autoDetect: false },
      ...this.#configuration,
      http: at('http'),
      oocsi: withTls('oocsi'),
      mqtt: withTls('mqtt'),
      oss: at('oss'),
    };
    const file = join(this.folder, 'crosscomm.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configuration));
    const [program = '', ...args] = [
      ...this.prefix,
      process.execPath,
      this.command,
      'start',
      '--json',
      '--config',
      file,
    ];
    this.#program = new Program('gateway', program, args, { env: this.#env, said: gatewaySaid });
    this.#ready = (await this.#program.take('ready', {}, START_LIMIT_MS)) as LineEvent & ReadyEvent;
    const secretFile = join(this.dataDir, OPERATOR_SECRET_FILE);
    // A small disk of a test is seen by the gateway alone.
    if (existsSync(secretFile)) keptSecret(readFileSync(secretFile, 'utf8').trim());
    return this.#ready;
  }

  /** Kills it as a power cut does. */
  async kill(): Promise<void> {
    await this.program.stop('SIGKILL');
  }

  /** Ends it as an operator does; the exit code. */
  async stop(): Promise<number | null> {
    return this.program.stop('SIGTERM');
  }

  /** Ends it whatever it does, and removes its data. */
  async dispose(): Promise<void> {
    await this.#showStatus();
    await this.#program?.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Resident memory in bytes, as the system counts it. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** What it shows to an operator may not have a secret either. */
  async #showStatus(): Promise<void> {
    if (process.env.CROSSCOMM_TEST_OUTPUT === undefined || this.#program?.process.exitCode !== null) return;
    try {
      const secret = readFileSync(join(this.dataDir, OPERATOR_SECRET_FILE), 'utf8').trim();
      const headers = { authorization: `Bearer ${secret}` };
      const url = `http://127.0.0.1:${this.ready.http.port}/status`;
      gatewaySaid(await (await fetch(url, { headers, signal: AbortSignal.timeout(2000) })).text());
    } catch {
      // It was killed, or a test has made it deaf.
    }
  }
}
