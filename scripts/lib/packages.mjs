import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn } from './in-turn.mjs';
import { runLoud, tell } from './progress.mjs';
import { ROOT } from './root.mjs';

/**
 * Installs the npm packages that package-lock.json asks for, if they are not there. What is needed to run is enough for
 * `npm start`; `dev` asks for the tools of a developer too.
 * @param {{ dev: boolean }} of
 */
export function ensurePackages({ dev }) {
  if (!areInstalled({ dev })) inTurn(() => areInstalled({ dev }) || install({ dev }));
}

/** @param {{ dev: boolean }} of */
function install({ dev }) {
  tell(dev ? 'Installing the npm packages, developer tools included ...' : 'Installing the npm packages ...');
  // The native packages bring their binaries along, so nothing of theirs has to run or be compiled here.
  const args = [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(dev ? [] : ['--omit=dev']),
  ];
  runNpm(args);
}

/**
 * Runs npm as it was called, else the one on the PATH.
 * @param {readonly string[]} args
 * @param {{ cwd?: string, quiet?: boolean }} [options]
 */
export function runNpm(args, options = {}) {
  const npm = process.env.npm_execpath;
  const run = { env: CLEAN, code: 'INSTALL_INCOMPLETE', ...options };
  if (npm?.endsWith('.js')) runLoud(process.execPath, [npm, ...args], run);
  else runLoud('npm', args, run);
}

/** @typedef {Partial<Record<'link' | 'dev' | 'optional' | 'devOptional', boolean>> & { version?: string }} Locked a package of a lock file */

/** npm hands its own settings down to what it runs; these would change what a nested npm installs. */
const CLEAN = { npm_config_omit: '', npm_config_production: '', NODE_ENV: '' };

/**
 * npm writes what it has installed into node_modules/.package-lock.json. Everything is there if each package of
 * package-lock.json is in it in the same version; optional ones are for other machines.
 * @param {{ dev: boolean }} of
 */
function areInstalled({ dev }) {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  /** @type {Record<string, Locked>} */
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  /** @type {Record<string, Locked>} */
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, link, dev: isDev, optional, devOptional }]) => {
    if (!path.includes('node_modules/') || optional || devOptional) return true;
    if (isDev && !dev) return true;
    return link ? existsSync(join(ROOT, path)) : installed[path]?.version === version;
  });
}
