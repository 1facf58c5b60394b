import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoud, tell } from './progress.mjs';
import { CACHE, ROOT } from './root.mjs';

const SOURCES = join(ROOT, 'client-tests', 'oss');
const BUILT = join(CACHE, 'oss-clients');

/** Fetches and compiles the clients of object storage that npm test does without, into .cache/oss-clients; Go must be there. */
export function ensureOssClients() {
  tell("Aliyun's client for Go ...");
  runLoud('go', ['build', '-C', join(SOURCES, 'go'), '-o', join(BUILT, 'go', 'append'), '.']);
  ensurePython();
}

function ensurePython() {
  const venv = join(BUILT, 'venv');
  const stamp = join(BUILT, 'venv-installed-from');
  const list = join(SOURCES, 'python', 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(list)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  tell('pandas, PyArrow, ossfs and OpenDAL, of PyPI ...');
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(BUILT, { recursive: true });
  runLoud('python3', ['-m', 'venv', venv]);
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  runLoud(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', ...quiet, '-r', list]);
  writeFileSync(stamp, digest);
}
