import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, runLoud, tell } from './progress.mjs';
import { CACHE, ROOT } from './root.mjs';

const VENV = join(CACHE, 'venv');
const PYTHON = join(VENV, 'bin', 'python');
const STAMP = join(VENV, '.installed-from');
const REQUIREMENTS = join(ROOT, 'scripts', 'python-requirements.txt');

/** Makes the virtual environment with the Python clients that the tests and the benchmarks run, once. */
export function ensurePythonPackages() {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (existsSync(PYTHON) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return;
  tell('Installing the Python clients for the tests into .cache/venv ...');
  cacheFolder();
  rmSync(VENV, { recursive: true, force: true });
  runLoud('python3', ['-m', 'venv', VENV]);
  // The list is complete, so nothing is looked up: the package pywayne asks for far more than its cross_comm imports.
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  runLoud(PYTHON, ['-m', 'pip', 'install', ...quiet, '--no-deps', '-r', REQUIREMENTS]);
  runLoud(PYTHON, ['-c', 'import oocsi; import pywayne.cross_comm']);
  writeFileSync(STAMP, digest);
}
