// npm run fuzz: looks for faults with inputs that it makes up, five minutes long or `npm run fuzz -- SECONDS`: in the Arduino library with
// libFuzzer, and in what TARGETS names; `npm run fuzz -- SECONDS NAME` only in one of them (arduino, reader, session). It goes on from what it
// learned before: of the library that is in .cache/arduino-fuzz/found, of the others in the checkout.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureDebianPackages } from './lib/debian.mjs';
import { cacheFolder, fail, needNode, runLoud, tell } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

/** A file NAME.fuzz.ts each, without its end; see gateway/testing/fuzzing.ts. */
const TARGETS = ['gateway/test/mqtt-engine/codec/reader', 'gateway/test/mqtt-engine/mqtt5/session'];

const seconds = Number(process.argv[2] ?? 300);
const only = process.argv[3];
if (!Number.isInteger(seconds) || seconds < 1) fail('npm run fuzz -- SECONDS takes a whole number of seconds.', 2);

needNode();
const build = join(cacheFolder(), 'arduino-fuzz');
const targets = TARGETS.filter((target) => only === undefined || only === basename(target));
const isForArduino = only === undefined || only === 'arduino';
if (targets.length === 0 && !isForArduino) fail(`npm run fuzz knows no ${only}.`, 2);
const results = await Promise.all([...targets.map(fuzzTarget), ...(isForArduino ? fuzzArduino() : [])]);
const failed = results.filter((result) => result !== 0).length;
tell(
  failed === 0
    ? 'No fault was found.'
    : `Faults were found; the inputs of the Arduino library are in ${build}, named crash-, timeout- or oom-.`,
);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * @param {string} target
 * @returns {Promise<number>}
 */
function fuzzTarget(target) {
  return ended(process.execPath, [join(ROOT, 'scripts', 'lib', 'fuzz-target.mjs'), target, String(seconds)]);
}

/** @returns {Promise<number>[]} */
function fuzzArduino() {
  ensureDebianPackages();
  runLoud('make', ['-s', '-C', join(ROOT, 'device-sdk', 'arduino', 'test', 'fuzz'), `OUT=${build}`]);
  return ['decoder', 'session'].map(fuzz);
}

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
  return ended(join(build, name), [...options, found, join(build, 'corpus', name)], env);
}

/**
 * Runs a program, and tells how it ended.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
function ended(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code ?? 1));
  });
}
