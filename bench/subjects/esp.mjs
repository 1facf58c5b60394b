import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @import { Target } from '../types.ts' */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = path.join(ROOT, '.cache', 'host');
/** What sketches say in place of the gateway's address. */
const ADDRESS = '192.168.1.10:9898';

/**
 * What has been started and not stopped.
 * @type {Set<import("node:child_process").ChildProcess>}
 */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Builds a sketch of bench/esp as a program of this computer, with the library as it is now; returns its path.
 * @param {string} name
 */
export function buildEspSketch(name) {
  mkdirSync(OUT, { recursive: true });
  const make = ['make', '-s', '-j2', '-C', path.join(ROOT, 'hil-tests', 'host'), `OUT=${OUT}`, 'BOARD=esp32'];
  const sketch = `SKETCH=${path.join(ROOT, 'bench', 'esp', name)}`;
  execFileSync('flock', [path.join(OUT, '.lock'), ...make, sketch, 'sketch'], { stdio: ['ignore', 'ignore', 'pipe'] });
  return path.join(OUT, 'esp32', name);
}

/**
 * Starts an ESP32 that runs such a program. `said` resolves to the first line that it prints and that the expression matches.
 * @param {string} program
 * @param {{ target: Pick<Target, 'host' | 'port'>, storage: string, env: NodeJS.ProcessEnv }} options
 *   `storage`: the file with its flash
 */
export function startEsp(program, { target: { host, port }, storage, env }) {
  const args = ['-r', `${ADDRESS}=${host}:${port}`, '-n', storage];
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  const lines = createInterface({ input: child.stdout });
  /**
   * @param {RegExp} expression
   * @returns {Promise<RegExpExecArray>}
   */
  const said = (expression) =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const found = expression.exec(line);
        if (found) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`the board ended with ${code}`)));
    });
  const stop = () => {
    running.delete(child);
    child.kill('SIGKILL');
  };
  return { said, stop };
}
