// npm run docs:api: makes the pages of the packages' interfaces from their comments, in docs/api. A public name without a
// comment, or a link that leads nowhere, is an error. What follows `--` goes to TypeDoc in place of
// that folder: `--json FILE`. That the types are right is seen by `npm run check`, with the compiler that the project has.
import { join } from 'node:path';
import { ensurePackages } from './lib/packages.mjs';
import { needNode, runLoud } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
ensurePackages({ dev: true });
const folder = join(ROOT, 'scripts', 'api-pages');
const typedoc = join(folder, 'node_modules', 'typedoc', 'bin', 'typedoc');
const asked = process.argv.slice(2);
const output = asked.length > 0 ? asked : ['--html', join(ROOT, 'docs', 'api')];
runLoud(process.execPath, [typedoc, '--options', join(folder, 'typedoc.json'), ...output]);
