import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { portOf } from '../port.mjs';

/** @import { Target } from '../types.ts' */

const READY_MS = 20_000;
const STOP_MS = 5000;

/**
 * What has been started and not stopped: nothing may outlive the bench.
 * @type {Set<ServerProcess>}
 */
const running = new Set();
process.on('exit', () => {
  for (const subject of running) subject.kill();
});

/** A server under measurement: a child process with a folder of its own that goes away with it. */
export class ServerProcess {
  /** @type {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>} */
  #child;
  #stderr = '';
  /** @type {Promise<string>} */
  #exited;
  #startedAt;
  /** Where its clients connect, by protocol.
   * @type {Record<string, Target>}
   */
  targets = {};
  /**
   * How long it took until it said that it is ready, or accepted a connection.
   * @type {number | undefined}
   */
  readyMs = undefined;

  /**
   * @param {string} name
   * @param {string} command
   * @param {readonly string[]} args
   * @param {{ folder?: string, env?: NodeJS.ProcessEnv }} options
   */
  constructor(name, command, args, { folder = temporaryFolder(), env = {} } = {}) {
    this.name = name;
    this.folder = folder;
    this.#startedAt = performance.now();
    this.#child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(`${name} ended with ${signal ?? `exit code ${code}`}`));
      this.#child.once('error', (error) => resolve(`${name} does not start: ${error.message}`));
    });
    running.add(this);
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /** Waits for a line of standard output that says it is ready; returns its JSON. */
  async readyLine() {
    const lines = createInterface({ input: this.#child.stdout });
    /** @type {Promise<Record<string, { port: number }> & { port: number }>} */
    const said = new Promise((resolve) => {
      lines.on('line', (line) => {
        if (line.includes('"event":"ready"')) resolve(JSON.parse(line));
      });
    });
    const ready = await this.#within(said);
    this.readyMs = performance.now() - this.#startedAt;
    return ready;
  }

  /**
   * Waits until something accepts connections at the port.
   * @param {number} port
   */
  async accepting(port) {
    this.#child.stdout.resume();
    let ended = false;
    this.#exited.then(() => {
      ended = true;
    });
    const connected = (async () => {
      while (!ended && !(await canConnect(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    })();
    await this.#within(connected);
    this.readyMs = performance.now() - this.#startedAt;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    this.#child.kill(name);
  }

  /** Ends it, politely first, and removes its folder. */
  async stop() {
    await this.end();
    this.kill();
  }

  /** Ends it, politely first, and leaves its folder until `kill`. */
  async end() {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  kill() {
    running.delete(this);
    this.#child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async #within(promise) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    /** @type {Promise<never>} */
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.name} is not ready after ${READY_MS / 1000} s`)), READY_MS);
      this.#exited.then((how) => reject(new Error(`${how}\n${this.#stderr}`)));
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

export function temporaryFolder() {
  return mkdtempSync(path.join(tmpdir(), 'crosscomm-bench-'));
}

/**
 * A port that was free a moment ago, for servers that cannot say which one they got.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const port = portOf(server);
      server.close(() => resolve(port));
    });
  });
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
