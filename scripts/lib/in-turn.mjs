import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, tell } from './progress.mjs';

const POLL_MS = 300;
/** Whoever holds it for so long has been cut off, and another process has its number now. */
const FORGOTTEN_MS = 15 * 60_000;

/**
 * Does what two processes must not do in one clone at a time, such as the first `npm start` and a command in a second terminal. Waits for the
 * other one as long as it lives.
 * @param {() => void} work looks first whether the other one has done it meanwhile
 */
export function inTurn(work) {
  const lock = join(cacheFolder(), 'building');
  for (let isFirst = true; !isTaken(lock); isFirst = false) {
    if (isFirst) tell('Another terminal installs or builds in this folder; waiting until it is done ...');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  const release = () => rmSync(lock, { force: true });
  // A script that fails ends the process.
  process.once('exit', release);
  try {
    work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} lock */
function isTaken(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** @param {string} lock */
function isAbandoned(lock) {
  try {
    // Also where the clock was set back.
    if (Math.abs(Date.now() - statSync(lock).mtimeMs) > FORGOTTEN_MS) return true;
    const holder = Number(readFileSync(lock, 'utf8'));
    // It is written in a moment.
    if (holder === 0) return false;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    // Of another user's process it is not told more than that it lives; a lock that is gone is nobody's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}
