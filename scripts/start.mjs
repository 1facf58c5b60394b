// npm start: installs and builds what is missing, then is `crosscomm start`, in this very process, so that signals and
// exit codes are the gateway's own. What follows `--` goes to it.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMMAND, ensureBuilt } from './lib/build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode } from './lib/progress.mjs';
import { CALLED_FROM, ROOT } from './lib/root.mjs';

/** Flags whose value is a path, which starts from where the person is and not from where npm went. */
const PATHS = ['--config', '-c', '--data-dir'];

function withAbsolutePaths(args) {
  return args.map((arg, index) => {
    if (PATHS.includes(args[index - 1])) return absolute(arg);
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(arg) ?? [];
    return PATHS.includes(flag) ? `${flag}=${absolute(value)}` : arg;
  });
}

/** `~` is the gateway's to resolve. */
function absolute(path) {
  return path === '' || path.startsWith('~') ? path : resolve(CALLED_FROM, path);
}

needNode();
process.chdir(ROOT);
ensurePackages({ dev: false });
ensureBuilt();
process.argv = [process.execPath, COMMAND, 'start', ...withAbsolutePaths(process.argv.slice(2))];
await import(pathToFileURL(COMMAND).href);
