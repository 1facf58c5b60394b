import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { CACHE, ROOT } from './root.mjs';

/**
 * Tells a person what is going on, on standard error: standard output belongs to what is being run.
 * @param {string} sentence
 */
export function tell(sentence) {
  process.stderr.write(`${sentence}\n`);
}

/**
 * Ends the script with a sentence, and with the code of docs/errors.md for what a user may meet.
 * @param {string} sentence
 * @param {number} exitCode
 * @param {string} code
 * @returns {never}
 */
export function fail(sentence, exitCode = 1, code = '') {
  tell(code === '' ? sentence : `${sentence} [${code}]`);
  process.exit(exitCode);
}

/**
 * Runs a program and shows all it prints on standard error, with `quiet` only its errors. Ends this script where it fails, unless
 * `tolerate` is true; with exit code 2 where there is a `code` for it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ tolerate?: boolean, quiet?: boolean, env?: NodeJS.ProcessEnv, code?: string, cwd?: string }} [options]
 * @returns {number} its exit code
 */
export function runLoud(command, args, { tolerate = false, quiet = false, env = {}, code = '', cwd = ROOT } = {}) {
  const { status, error, signal } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', quiet ? 'ignore' : 2, 2],
    env: { ...process.env, ...env },
  });
  if (status === 0 || tolerate) return status ?? 1;
  const why = error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`;
  return fail(`This failed (${why}): ${[command, ...args].join(' ')}`, code === '' ? (status ?? 1) : 2, code);
}

/** Makes the folder for what the scripts keep, and returns it. */
export function cacheFolder() {
  mkdirSync(CACHE, { recursive: true });
  return CACHE;
}

/** The Node version this project needs; older ones lack what the scripts themselves use. */
export function needNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `CrossComm needs Node 20.19 or later, and this is ${process.versions.node}: install a newer one from nodejs.org.`,
    2,
    'INSTALL_INCOMPLETE',
  );
}
