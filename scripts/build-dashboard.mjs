// node scripts/build-dashboard.mjs: the dashboard, with each file compressed beside it, so that the gateway need not do so. A step of the
// build, in a process of its own as it is asynchronous.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ROOT } from './lib/root.mjs';

const DIST = join(ROOT, 'gateway', 'dist', 'dashboard');
/** What is in the files, whose licences ask to be told. */
const PACKAGES = ['preact', 'qr', 'uplot'];

await build({
  configFile: join(ROOT, 'gateway', 'dashboard', 'vite.config.mjs'),
  configLoader: 'native',
  logLevel: 'warn',
});
for (const name of readdirSync(join(DIST, 'assets'))) {
  const path = join(DIST, 'assets', name);
  const content = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: size }));
}
writeFileSync(join(DIST, 'licenses.txt'), PACKAGES.map(notice).join('\n\n'));

/** @param {string} name */
function notice(name) {
  const folder = join(ROOT, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`;
}
