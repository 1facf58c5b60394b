import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = path.join(ROOT, '.cache', 'avr');
const CHIP = ['-m', 'atmega328p'];
const NEEDED = ['/usr/bin/avr-gcc', '/usr/bin/simavr', '/usr/include/simavr/sim_avr.h'];
const RUN_MS = 60_000;

/**
 * What the simulator tells: of `ready` no more, of `stat` what went over the wire, of `pin` its value and when that was.
 * @typedef {{ event: string, value: number, us: number, sent: number, chipSeconds: number }} UnoEvent
 */

/**
 * What has been started and not stopped.
 * @type {Set<import("node:child_process").ChildProcess>}
 */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Builds a sketch of bench/avr for the Uno, with the library as it is now; returns its firmware.
 * @param {string} name
 */
function buildSketch(name) {
  const missing = NEEDED.find((file) => !existsSync(file));
  if (missing)
    throw new Error(
      `${missing} is missing: apt-get install gcc libc6-dev gcc-avr avr-libc arduino-core-avr simavr libsimavr-dev`,
    );
  make('sketch', 'BOARD=uno', `SKETCH=${path.join(ROOT, 'bench', 'avr', name)}`);
  return path.join(OUT, 'uno', `${name}.elf`);
}

/** @param {...string} args */
function make(...args) {
  mkdirSync(OUT, { recursive: true });
  const command = ['make', '-s', '-C', path.join(ROOT, 'hil-tests', 'avr'), `OUT=${OUT}`, ...args];
  execFileSync('flock', [path.join(OUT, '.lock'), ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * Runs bench/avr/cycles.
 * @returns {{ what: string, cycles: number, bytes: number }[]} what it measured, in its order; throws where it went wrong
 */
export function measureCycles() {
  const firmware = buildSketch('cycles');
  const args = [...CHIP, '-f', '16000000', firmware];
  // What the sketch prints comes by standard error.
  const { stderr: text } = spawnSync('simavr', args, { encoding: 'latin1', timeout: RUN_MS });
  const results = [...text.matchAll(/RESULT (\w+) (-?\d+) (\d+)/g)].map(([, what, cycles, bytes]) => ({
    what,
    cycles: Number(cycles),
    bytes: Number(bytes),
  }));
  const wrong = results.find(({ cycles }) => cycles < 0);
  if (!text.includes('DONE') || results.length === 0) throw new Error('the sketch did not come to its end');
  if (wrong)
    throw new Error(`${wrong.what}: ${wrong.cycles === -1 ? 'more than 65,535 cycles' : 'the result is wrong'}`);
  return results;
}

/**
 * An Uno in simavr that runs a sketch of bench/avr, its serial port a pseudo-terminal at `port`.
 * @param {string} name
 * @param {string} port
 */
export async function startUno(name, port) {
  const firmware = buildSketch(name);
  make('simulator');
  const child = spawn(path.join(OUT, 'simavr-pty'), [...CHIP, '-l', port, firmware], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  /** @type {{ wanted: string, resolve: (event: UnoEvent) => void, reject: (error: Error) => void }[]} */
  const waiting = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const event = JSON.parse(line);
    const at = waiting.findIndex(({ wanted }) => wanted === event.event);
    if (at >= 0) waiting.splice(at, 1)[0].resolve(event);
  });
  child.once('exit', () => {
    for (const { reject } of waiting) reject(new Error('the simulated Uno has ended'));
  });
  /**
   * @param {string} wanted
   * @returns {Promise<UnoEvent>}
   */
  const next = (wanted) => new Promise((resolve, reject) => waiting.push({ wanted, resolve, reject }));
  await next('ready');
  return {
    /** What went over the wire so far, in bytes, and how long that took in the chip's own seconds. */
    status() {
      const status = next('stat');
      child.stdin.write('stat\n');
      return status;
    },
    /**
     * Waits until the LED is switched on (1) or off (0), and tells when that was, in the chip's own seconds.
     * @param {number} value
     */
    async untilLed(value) {
      for (;;) {
        const event = await next('pin');
        if (event.value === value) return event.us / 1e6;
      }
    },
    stop() {
      child.kill('SIGKILL');
    },
  };
}
