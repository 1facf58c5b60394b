// node scripts/bundle.mjs INPUT OUTPUT [--minify] [--node]: one module of a module and all that it imports, with a source map that
// holds the sources; with --node it is for Node, and imports packages as before. A step of the build, in a process of its own as it is
// asynchronous. Paths start from the root.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './lib/root.mjs';

const [input, output, ...flags] = process.argv.slice(2);
const isForNode = flags.includes('--node');

const bundle = await rolldown({
  input: resolve(ROOT, input),
  cwd: ROOT,
  platform: isForNode ? 'node' : 'browser',
  ...(isForNode && { external: /^[^./]/ }),
  tsconfig: false,
  // The packages of this repository from their sources, so that a map leads to these.
  resolve: { alias: { '@crosscomm/protocol': join(ROOT, 'device-sdk', 'protocol', 'src', 'index.ts') } },
});
await bundle.write({
  file: resolve(ROOT, output),
  format: 'esm',
  sourcemap: true,
  minify: flags.includes('--minify'),
  ...(!isForNode && { postBanner: `/*!\n${notice('cbor-x')}\n*/` }),
});

/**
 * What the licence of a package that is part of the output asks for.
 * @param {string} name
 */
function notice(name) {
  const folder = join(ROOT, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `With ${name} ${version}:\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}`;
}
