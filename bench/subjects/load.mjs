import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findPython } from './python.mjs';

/** @import { Jobs, Kind, Results } from '../job-types.ts' */

const MAIN = fileURLToPath(new URL('../load/main.mjs', import.meta.url));

const PTY = fileURLToPath(new URL('../peers/pty.py', import.meta.url));

/** A job that takes longer hangs: the server does not answer. */
const JOB_MS = 60_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The load generator's process, from the outside: one job at a time. */
export class Load {
  #child;

  constructor(child = fork(MAIN)) {
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  /** A load generator that holds the other end of a serial port, as a device does. */
  static withSerialPort() {
    return new Load(fork(MAIN, { execPath: findPython('python3'), execArgv: [PTY, process.execPath] }));
  }

  /**
   * @template {Kind} K
   * @param {K} kind
   * @param {Jobs[K]} job
   * @returns {Promise<Results[K]>}
   */
  run(kind, job) {
    return new Promise((resolve, reject) => {
      /**
       * @param {number | null} code
       * @param {NodeJS.Signals | null} signal
       */
      const onExit = (code, signal) => reject(new Error(`the load generator ended with ${signal ?? code}`));
      if (!running.has(this.#child)) onExit(this.#child.exitCode, this.#child.signalCode);
      const timer = setTimeout(() => {
        reject(new Error(`no result within ${JOB_MS / 1000} s`));
        this.#child.kill('SIGKILL');
      }, JOB_MS);
      this.#child.once('exit', onExit);
      this.#child.once('message', (/** @type {{ result: Results[K], error?: string }} */ { result, error }) => {
        clearTimeout(timer);
        this.#child.off('exit', onExit);
        if (error === undefined) resolve(result);
        else reject(new Error(error));
      });
      this.#child.send({ kind, ...job }, () => {});
    });
  }

  /** It has ended, such as one whose job hung. */
  get hasEnded() {
    return !running.has(this.#child);
  }

  /** The process id, for its limits. */
  get pid() {
    return this.#child.pid ?? 0;
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect();
  }
}
