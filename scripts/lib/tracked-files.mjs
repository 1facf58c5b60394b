import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './progress.mjs';
import { ROOT } from './root.mjs';

/**
 * The files that git knows of, or would take, and that are there.
 *
 * @param {readonly string[]} patterns as git's own: `*.cpp`
 * @returns {string[]} paths from the root
 */
export function trackedFiles(patterns) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns];
  const { stdout, error, status } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (error || status !== 0)
    fail('git ls-files failed, so not every file can be checked: is git installed, and is this a clone?');
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
  if (files.length === 0)
    fail(`git ls-files names no ${patterns.join(', ')}, so none can be checked: is this a clone?`);
  return files;
}
