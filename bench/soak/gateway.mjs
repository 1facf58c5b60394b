import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../../gateway/dist/cli/main.js', import.meta.url));
const MAIN = process.env.CROSSCOMM_BENCH_GATEWAY ?? BUILT;
const READY_MS = 30_000;

/** A gateway in a process of its own that is killed and started again, on the same data and the same ports. */
export class Gateway {
  /**
   * When it was killed, by the clock of `performance.now()`.
   * @type {number[]}
   */
  kills = [];
  /** @type {Record<string, number>} */
  ports = { http: 0, oocsi: 0, mqtt: 0 };
  /** @type {string} */
  #folder;
  /** @type {string[]} */
  #serialPorts;
  /** @type {object} */
  #more;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;
  #stderr = '';

  /**
   * @param {string} folder
   * @param {string[]} serialPorts
   * @param {object} more of its configuration
   */
  constructor(folder, serialPorts, more = {}) {
    this.#more = more;
    this.#folder = folder;
    this.#serialPorts = serialPorts;
  }

  /** Resolves when every listener is open, with how long that took in ms. */
  async start() {
    const begun = performance.now();
    /** @param {string} name */
    const at = (name) => ({ host: '127.0.0.1', port: this.ports[name] });
    const config = {
      dataDir: path.join(this.#folder, 'data'),
      http: at('http'),
      oocsi: at('oocsi'),
      mqtt: { ...at('mqtt'), maxQueuedMessages: 1_000_000 },
      serial: { autoDetect: false, ports: this.#serialPorts.map((file) => ({ path: file })) },
      log: { level: 'warn' },
      ...this.#more,
    };
    const file = path.join(this.#folder, 'soak.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config));
    const child = spawn(process.execPath, [MAIN, 'start', '--json', '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    /** @type {Record<string, { port: number }>} */
    const ready = await new Promise((resolve, reject) => {
      /** @param {string} why */
      const fail = (why) => reject(new Error(`the gateway ${why}\n${this.#stderr}`));
      const timer = setTimeout(() => fail('is not ready'), READY_MS);
      child.once('exit', (code, signal) => fail(`ended with ${signal ?? code}`));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (!line.includes('"event":"ready"')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line));
      });
    });
    for (const name of Object.keys(this.ports)) this.ports[name] = ready[name].port;
    return performance.now() - begun;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Kills it as a power cut would. */
  async kill() {
    if (this.#child === undefined || !this.isRunning) return;
    this.kills.push(performance.now());
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Resident memory in MB. */
  residentMb() {
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** The end of what it logged. */
  get log() {
    return this.#stderr;
  }
}
