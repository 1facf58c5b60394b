// npm run fuzz: looks for faults in the Arduino library with libFuzzer, five minutes long or `npm run fuzz -- SECONDS`.
// What it learns is kept in .cache/arduino-fuzz/found, and goes on from there the next time.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages } from './lib/debian.mjs';
import { cacheFolder, fail, needNode, runLoud, tell } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

const seconds = Number(process.argv[2] ?? 300);
if (!Number.isInteger(seconds) || seconds < 1) fail('npm run fuzz -- SECONDS takes a whole number of seconds.', 2);

needNode();
ensureDebianPackages();
const build = join(cacheFolder(), 'arduino-fuzz');
runLoud('make', ['-s', '-C', join(ROOT, 'device-sdk', 'arduino', 'test', 'fuzz'), `OUT=${build}`]);
const results = await Promise.all(['decoder', 'session'].map(fuzz));
const failed = results.filter((result) => result !== 0).length;
tell(
  failed === 0
    ? 'No fault was found.'
    : `Faults were found; the inputs are in ${build}, named crash-, timeout- or oom-.`,
);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * @param {string} name
 * @returns {Promise<number>}
 */
function fuzz(name) {
  const found = join(build, 'found', name);
  mkdirSync(found, { recursive: true });
  const options = [
    `-max_total_time=${seconds}`,
    '-timeout=10',
    '-max_len=1024',
    '-detect_leaks=0',
    `-artifact_prefix=${build}/`,
  ];
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:quarantine_size_mb=16' };
  const child = spawn(join(build, name), [...options, found, join(build, 'corpus', name)], {
    stdio: ['ignore', 2, 2],
    env,
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code ?? 1));
  });
}
