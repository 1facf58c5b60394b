// npm test: installs what the tests need, builds, and runs them; `npm test -- FILE` runs one file. The last line counts.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { cacheFolder, needNode } from './lib/progress.mjs';
import { ensurePythonPackages } from './lib/python.mjs';
import { ROOT } from './lib/root.mjs';
import { findSecrets, outputFolder } from './lib/secrets.mjs';

needNode();
ensurePackages({ dev: true });
ensureDebianPackages();
ensurePythonPackages();
ensureBuilt();

const results = join(cacheFolder(), 'test-results.json');
rmSync(results, { force: true });
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const said = outputFolder();
const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
  // Daemons of Debian's are in sbin, which is not on every PATH.
  env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, CROSSCOMM_TEST_OUTPUT: said },
});

const told = await findSecrets(said, { isWhole: process.argv.length === 2 });
for (const problem of told.slice(0, 20)) process.stdout.write(`${problem}\n`);
const { passed, failed: failures } = count();
// That no gateway told of a secret is one more test.
const failed = failures + (told.length > 0 ? 1 : 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = status === 0 && failed > 0 ? 1 : (status ?? 1);

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileResult */
/** @typedef {{ numPassedTests: number, testResults: FileResult[] }} Results what Vitest writes */

/** Tests that passed and failed; a file that could not even be loaded is one that failed. */
function count() {
  if (!existsSync(results)) return { passed: 0, failed: status === 0 ? 0 : 1 };
  /** @type {Results} */
  const { numPassedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  const failures = testResults.map(({ status: file, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').length;
    return file === 'failed' ? Math.max(1, tests) : tests;
  });
  const failed = failures.reduce((sum, number) => sum + number, 0);
  return { passed: numPassedTests, failed: status === 0 ? failed : Math.max(1, failed) };
}
