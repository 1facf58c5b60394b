// npm run test:nodes: runs npm test on each Node that the gateway supports, with the newest version of each that npm has;
// npm run test:nodes -- --on 22,24 hub runs some tests on some of them. The last line counts all.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runNpm } from './lib/packages.mjs';
import { cacheFolder, fail, needNode, tell } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

/** The versions that README.md promises. */
const SUPPORTED = ['20', '22', '24'];

needNode();
const args = process.argv.slice(2);
const at = args.indexOf('--on');
const wanted = at === -1 ? SUPPORTED : (args[at + 1] ?? '').split(',');
const unknown = wanted.find((version) => !SUPPORTED.includes(version));
if (unknown !== undefined)
  fail(`--on takes versions of Node, such as ${SUPPORTED.join(',')}, and not "${unknown}".`, 2);
const tests = at === -1 ? args : args.toSpliced(at, 2);

const total = { passed: 0, failed: 0 };
for (const version of wanted) {
  const node = nodeOf(version);
  tell(`\nNode ${version}: ${node}`);
  const { passed, failed } = await testsOn(node);
  process.stdout.write(`Node ${version}: ${passed} passed, ${failed} failed\n`);
  total.passed += passed;
  total.failed += failed;
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

/**
 * The program of a version: this one, or that of the package that the npm package "node" installs by its script.
 * @param {string} version
 */
function nodeOf(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const folder = join(cacheFolder(), 'nodes', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  tell(`Fetching Node ${version} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  runNpm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`], {
    cwd: folder,
  });
  return program;
}

/**
 * @param {string} node
 * @returns {Promise<{ passed: number, failed: number }>}
 */
function testsOn(node) {
  return new Promise((resolve) => {
    let last = '';
    const child = spawn(node, [join(ROOT, 'scripts', 'test.mjs'), ...tests], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      // What the tests start as "node" is the same one.
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
    });
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      last = `${last}${chunk}`.slice(-200);
    });
    child.once('close', (code) => {
      const [, passed = '0', failed = '0'] = /(\d+) passed, (\d+) failed\s*$/.exec(last) ?? [];
      // A run that did not come to its end failed, too.
      resolve({ passed: Number(passed), failed: code === 0 ? Number(failed) : Math.max(1, Number(failed)) });
    });
  });
}
