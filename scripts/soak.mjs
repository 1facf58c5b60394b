// npm run soak: everything at once against one gateway, for a long time. What follows `--` goes to bench/soak/main.mjs.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
process.chdir(ROOT);
ensurePackages({ dev: true });
ensureBuilt();
const main = join(ROOT, 'bench', 'soak', 'main.mjs');
process.argv = [process.execPath, main, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
