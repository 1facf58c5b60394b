import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inTurn } from './in-turn.mjs';
import { packClient } from './pack.mjs';
import { runLoud, tell } from './progress.mjs';
import { ROOT } from './root.mjs';

/** @typedef {{ name: string, folder: string, main: string, finish?: (dist: string) => void }} Package */

/**
 * What is compiled, each after those it imports, and what is done then. `main` is made last, so it is there if all is. Of the
 * protocol the compiler makes the types alone: its module has its one dependency in it, of which only a part is wanted. The client for Node
 * is one module as well, and the gateway a few, since both should start soon and each file of a program takes half a millisecond.
 * @type {Package[]}
 */
const PACKAGES = [
  {
    name: 'the frame protocol',
    folder: 'device-sdk/protocol',
    main: 'index.js',
    finish: (dist) => bundle('device-sdk/protocol/src/index.ts', join(dist, 'index.js')),
  },
  {
    name: 'the client',
    folder: 'device-sdk/node',
    main: 'index.js',
    finish: (dist) => bundle('device-sdk/node/src/index.ts', join(dist, 'index.js'), '--node'),
  },
  { name: 'the simulator', folder: 'device-sdk/sim', main: 'index.js' },
  {
    name: 'the gateway',
    folder: 'gateway',
    main: join('cli', 'main.js'),
    finish: () => runLoud(process.execPath, [GATEWAY_BUNDLER], { code: 'INSTALL_INCOMPLETE' }),
  },
];

/** What the gateway gives out of the client: a module for web pages, and the package. */
const SERVED = join(ROOT, 'gateway', 'dist', 'client');
/** The page at `/`, and where its sources are. */
const DASHBOARD = join(ROOT, 'gateway', 'dist', 'dashboard');
const DASHBOARD_SOURCES = 'gateway/dashboard';
const DASHBOARD_BUILDER = join(ROOT, 'scripts', 'build-dashboard.mjs');
const BUNDLER = join(ROOT, 'scripts', 'bundle.mjs');
const GATEWAY_BUNDLER = join(ROOT, 'scripts', 'bundle-gateway.mjs');

/** The command, built. */
export const COMMAND = join(ROOT, 'gateway', 'dist', 'cli', 'main.js');

/**
 * Compiles each package of which a source changed since the last time, and makes what is given out of them. The sources must be as
 * `ensurePackages` left them.
 */
export function ensureBuilt() {
  const steps = buildSteps();
  if (steps.every(({ isDone }) => isDone())) return;
  inTurn(() => {
    // One after the other, as a package that is made anew takes what was made into its folder along.
    for (const { isDone, make } of steps) if (!isDone()) make();
  });
}

/** @typedef {{ stamp: string, isDone(): boolean, make(): void }} Step */

/** @returns {Step[]} */
function buildSteps() {
  // A package is made from those before it too.
  let client = '';
  let before = digest(['scripts/bundle.mjs', 'scripts/bundle-gateway.mjs', 'scripts/lib/pack.mjs']);
  const packages = PACKAGES.map((each) => {
    const step = packageStep(each, before);
    before = step.stamp;
    if (each.folder === 'device-sdk/node') client = before;
    return step;
  });
  return [...packages, servedStep(client), dashboardStep()];
}

/**
 * What is given out of the client.
 * @param {string} stamp
 * @returns {Step}
 */
function servedStep(stamp) {
  const stampFile = join(SERVED, '.built-from');
  return {
    stamp,
    isDone: () => stampIn(stampFile) === stamp,
    make() {
      tell('Packing the client ...');
      rmSync(SERVED, { recursive: true, force: true, maxRetries: 5 });
      bundle('device-sdk/node/src/served.ts', join(SERVED, 'client.js'), '--minify');
      packClient(SERVED);
      writeFileSync(stampFile, stamp);
    },
  };
}

/** @returns {Step} */
function dashboardStep() {
  const stampFile = join(DASHBOARD, '.built-from');
  const stamp = digest([
    ...['scripts/build-dashboard.mjs', 'package-lock.json'],
    ...['index.html', 'package.json', 'vite.config.mjs'].map((name) => `${DASHBOARD_SOURCES}/${name}`),
    ...filesIn(`${DASHBOARD_SOURCES}/src`),
  ]);
  return {
    stamp,
    isDone: () => stampIn(stampFile) === stamp,
    make() {
      tell('Building the dashboard ...');
      runLoud(process.execPath, [DASHBOARD_BUILDER], { code: 'INSTALL_INCOMPLETE' });
      writeFileSync(stampFile, stamp);
    },
  };
}

/** @param {string} file */
function stampIn(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * @param {string} input
 * @param {string} output
 * @param {...string} flags
 */
function bundle(input, output, ...flags) {
  runLoud(process.execPath, [BUNDLER, input, output, ...flags], { code: 'INSTALL_INCOMPLETE' });
}

/**
 * @param {Package} of
 * @param {string} imported
 * @returns {Step}
 */
function packageStep({ name, folder, main, finish }, imported) {
  const dist = join(ROOT, folder, 'dist');
  const stampFile = join(dist, '.built-from');
  const { stamp, names } = sources(folder, imported);
  const before = () => stampIn(stampFile).split('\n');
  return {
    stamp,
    isDone: () => before()[0] === stamp && existsSync(join(dist, main)),
    make() {
      tell(`Building ${name} ...`);
      // Nothing removes what was made from a source that is gone, so then everything is made anew.
      const madeFrom = before().slice(1);
      if (madeFrom.length === 0 || madeFrom.some((each) => !names.includes(each))) {
        rmSync(dist, { recursive: true, force: true, maxRetries: 5 });
      }
      rmSync(stampFile, { force: true });
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      runLoud(process.execPath, [tsc, '-p', folder], { code: 'INSTALL_INCOMPLETE' });
      finish?.(dist);
      writeFileSync(stampFile, [stamp, ...names].join('\n'));
    },
  };
}

/**
 * What a package is built from: names for people, and a digest of names, sizes, times and `imported`.
 * @param {string} folder
 * @param {string} imported
 */
function sources(folder, imported) {
  const settings = ['tsconfig.json', 'package-lock.json', `${folder}/tsconfig.json`, `${folder}/package.json`];
  const names = [...settings, ...filesIn(`${folder}/src`).filter((name) => name.endsWith('.ts'))];
  return { stamp: digest(names, imported), names };
}

/**
 * All files in a folder and below it, by their paths from the root.
 * @param {string} folder
 */
function filesIn(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * Of names, sizes and times of files, by their paths from the root, and of what was before.
 * @param {readonly string[]} names
 * @param {string | undefined} before
 */
function digest(names, before = '') {
  const hash = createHash('sha256').update(before);
  for (const name of names) {
    const { size, mtimeMs } = statSync(join(ROOT, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
