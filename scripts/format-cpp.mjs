// A step of npm run check: C, C++ and sketches are written as .clang-format says. With --write, a step of npm run format, it
// writes them so. clang-format is compiled to WebAssembly, in an npm package: the same version and the same answer on every
// machine, also where Debian has another one or there is none.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';
import { trackedFiles } from './lib/tracked-files.mjs';

const PROGRAM = join(ROOT, 'node_modules', '@wasm-fmt', 'clang-format', 'clang-format-cli.cjs');
const CHECK = ['--dry-run', '-Werror', '--ferror-limit=1', '-fno-color-diagnostics'];
const WRITE = ['-i'];

if (!existsSync(PROGRAM)) fail(`${PROGRAM} is missing, so no C++ can be checked: npm ci installs it.`);
const files = trackedFiles(['*.c', '*.cpp', '*.h', '*.ino']);
const runs = Math.min(availableParallelism(), files.length);
const codes = await Promise.all(
  Array.from({ length: runs }, (_, run) => format(files.filter((_file, index) => index % runs === run))),
);
if (codes.some((code) => code !== 0)) fail('C++ is not written as .clang-format says: npm run format mends it.');

/**
 * @param {string[]} some of the files
 * @returns {Promise<number>} 0 if all of them are in order, or are now
 */
function format(some) {
  const options = process.argv.includes('--write') ? WRITE : CHECK;
  const child = spawn(process.execPath, [PROGRAM, '--style=file', ...options, ...some], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
