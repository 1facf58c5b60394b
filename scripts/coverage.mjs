// npm run coverage: which lines of the sources the tests of the rooms and of the packages run. Figures by folder are printed, pages
// go to coverage/, and a figure below what vitest.config.ts asks for is an error. What follows `--` goes to Vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode } from './lib/progress.mjs';
import { ensurePythonPackages } from './lib/python.mjs';
import { ROOT } from './lib/root.mjs';

const MEASURES = /** @type {const} */ (['lines', 'branches', 'functions']);

const SUMMARY = join(ROOT, 'coverage', 'coverage-summary.json');

/** @typedef {Record<typeof MEASURES[number], { total: number, covered: number }>} Figures */

needNode();
ensurePackages({ dev: true });
ensureDebianPackages();
ensurePythonPackages();
ensureBuilt();

rmSync(SUMMARY, { force: true });
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const { status, signal } = spawnSync(
  process.execPath,
  // Without those that run the gateway as a process, which no figure would show.
  [vitest, 'run', '--coverage', '--project', '!programs', ...process.argv.slice(2)],
  {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Daemons of Debian's are in sbin, which is not on every PATH.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  },
);
if (existsSync(SUMMARY)) printFolders();
else
  console.error(
    `There are no figures: Vitest ended ${signal ? `by ${signal}` : `with exit code ${status}`} before it had any.`,
  );
process.exitCode = status ?? 1;

/** Prints a line for each folder, as percentages. */
function printFolders() {
  /** @type {Record<string, Figures>} */
  const files = JSON.parse(readFileSync(SUMMARY, 'utf8'));
  /** @type {Map<string, Figures>} */
  const folders = new Map();
  for (const [file, figures] of Object.entries(files)) {
    if (file === 'total') continue;
    const sums = folders.get(folderOf(relative(ROOT, file))) ?? noFigures();
    for (const measure of MEASURES) {
      sums[measure].total += figures[measure].total;
      sums[measure].covered += figures[measure].covered;
    }
    folders.set(folderOf(relative(ROOT, file)), sums);
  }
  console.log(`\n${''.padEnd(28)}${MEASURES.map((measure) => measure.padStart(11)).join('')}`);
  for (const [folder, sums] of [...folders].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const cells = MEASURES.map((measure) => `${percent(sums[measure])} %`.padStart(11));
    console.log(`${folder.padEnd(28)}${cells.join('')}`);
  }
}

/**
 * A room of the gateway, or a package.
 * @param {string} file from the root
 */
function folderOf(file) {
  const [first = '', second = '', third = ''] = file.split('/');
  return first === 'gateway' && !third.endsWith('.ts') ? `${first}/${second}/${third}` : `${first}/${second}`;
}

/** @returns {Figures} */
function noFigures() {
  const none = () => ({ total: 0, covered: 0 });
  return { lines: none(), branches: none(), functions: none() };
}

/** @param {{ total: number, covered: number }} figure */
function percent({ total, covered }) {
  return total === 0 ? '100.0' : ((100 * covered) / total).toFixed(1);
}
