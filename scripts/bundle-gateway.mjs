// node scripts/bundle-gateway.mjs: the gateway and its commands as a few modules, with source maps that hold the sources. Packages are
// imported as before, and what a command or a protocol loads later stays a module of its own. A step of the build, in a process of its own
// as it is asynchronous.
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './lib/root.mjs';

const GATEWAY = join(ROOT, 'gateway');
/** @param {string} name */
const source = (name) => join(GATEWAY, 'src', ...name.split('/'));

const bundle = await rolldown({
  input: {
    index: source('index.ts'),
    'cli/main': source('cli/main.ts'),
    'cli/known-flags': source('cli/known-flags.ts'),
    // Opened by its path, from the module beside it.
    'parts/digest-worker': source('objects/content/digest-worker.ts'),
    'parts/backup-worker': source('storage/backup/backup-worker.ts'),
  },
  cwd: ROOT,
  platform: 'node',
  external: /^[^./]/,
  tsconfig: false,
});
await bundle.write({
  dir: join(GATEWAY, 'dist'),
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
  // As deep as the sources, from where the files of the package are found.
  chunkFileNames: 'parts/[name].js',
  codeSplitting: {
    // What nearly every command needs, without what loads a package.
    groups: [{ name: 'common', test: /gateway[/\\]src[/\\]common[/\\](?!level\.ts)/ }],
  },
});
