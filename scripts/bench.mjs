// npm run bench: measures the gateway beside its peers. What follows `--` goes to bench/main.mjs.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode } from './lib/progress.mjs';
import { ensurePythonPackages } from './lib/python.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
process.chdir(ROOT);
ensurePackages({ dev: true });
ensureDebianPackages();
ensurePythonPackages();
ensureBuilt();
const main = join(ROOT, 'bench', 'main.mjs');
process.argv = [process.execPath, main, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
