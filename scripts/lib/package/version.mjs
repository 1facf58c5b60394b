import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../progress.mjs';
import { ROOT } from '../root.mjs';

/** @typedef {{ version: string, epoch: number }} Release a version as dpkg compares them, and its time in seconds since 1970 */

/**
 * What a package of these sources is called: `0.1.0-1` at a release's tag; behind it `0.1.0+20260501120000.abcdef12-1`, which is newer for dpkg
 * than that release and than packages of earlier commits, and older than the next release. Its time, which all files get, is that of the last
 * commit, or SOURCE_DATE_EPOCH.
 *
 * @returns {Release}
 */
export function release() {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const given = process.env.SOURCE_DATE_EPOCH;
  const commit = git('log', '-1', '--format=%ct %h', '--abbrev=8');
  if (given === undefined && commit === undefined) {
    fail(
      'The time of the package is that of the last commit, and this is no clone: set SOURCE_DATE_EPOCH, in seconds.',
      2,
    );
  }
  const [seconds = '', hash = ''] = commit?.split(' ') ?? [];
  const epoch = Number(given ?? seconds);
  if (!Number.isSafeInteger(epoch) || epoch < 0) fail(`SOURCE_DATE_EPOCH is no time in seconds: ${given}`, 2);
  const isRelease = commit === undefined || git('tag', '--points-at', 'HEAD')?.split('\n').includes(`v${version}`);
  const behind = isRelease ? '' : `+${digitsOf(Number(seconds))}.${hash}`;
  return { version: `${version}${behind}-1`, epoch };
}

/** @param {number} seconds */
function digitsOf(seconds) {
  return new Date(seconds * 1000).toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/**
 * What git says; undefined where there is none, or this is no clone.
 * @param {...string} args
 */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
