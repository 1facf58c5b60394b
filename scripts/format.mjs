// npm run format: mends what npm run check finds and what can be mended by itself.
import { join } from 'node:path';
import { ensurePackages } from './lib/packages.mjs';
import { needNode, runLoud } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
ensurePackages({ dev: true });
const codes = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'],
  ['scripts/format-cpp.mjs', '--write'],
].map(([script = '', ...args]) => runLoud(process.execPath, [join(ROOT, script), ...args], { tolerate: true }));
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;
