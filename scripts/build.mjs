// npm run build: compiles the gateway and the packages it imports, each into its dist.
import { ensureBuilt } from './lib/build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode } from './lib/progress.mjs';

needNode();
ensurePackages({ dev: false });
ensureBuilt();
