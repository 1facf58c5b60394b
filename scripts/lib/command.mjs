import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMMAND, ensureBuilt } from './build.mjs';
import { ensurePackages } from './packages.mjs';
import { needNode } from './progress.mjs';
import { CALLED_FROM, ROOT } from './root.mjs';

/** Flags whose value is a path, which starts from where the person is and not from where npm went. */
const PATHS = ['--config', '-c', '--data-dir', '--pages-folder', '--pty'];

/** Installs and builds what is missing; the command works in the root, so that its data is always in the same folder. */
export function ensureCommand() {
  needNode();
  process.chdir(ROOT);
  ensurePackages({ dev: false });
  ensureBuilt();
}

/**
 * Runs the command of this clone in this very process, so that signals and exit codes are its own.
 *
 * @param {readonly string[]} args as `crosscomm` takes them
 */
export async function runCommand(args) {
  process.argv = [process.execPath, COMMAND, ...withAbsolutePaths(args)];
  // What the command's hints call it: here it is on no PATH.
  process.env.CROSSCOMM_COMMAND = 'npm run crosscomm --';
  // Where it looks for crosscomm.yaml first.
  process.env.CROSSCOMM_CALLED_FROM = CALLED_FROM;
  await import(pathToFileURL(COMMAND).href);
}

/** @param {readonly string[]} args */
function withAbsolutePaths(args) {
  return args.map((arg, index) => {
    if (PATHS.includes(args[index - 1]) || isCheckedFile(args, index)) return absolute(arg);
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(arg) ?? [];
    return PATHS.includes(flag) ? `${flag}=${absolute(value)}` : arg;
  });
}

/**
 * `config check FILE`.
 * @param {readonly string[]} words
 * @param {number} index
 */
function isCheckedFile([command, action], index) {
  return command === 'config' && action === 'check' && index === 2;
}

/**
 * `~` is the gateway's to resolve.
 * @param {string} path
 */
function absolute(path) {
  return path === '' || path.startsWith('~') || path.startsWith('-') ? path : resolve(CALLED_FROM, path);
}
