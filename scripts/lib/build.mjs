import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoud, tell } from './progress.mjs';
import { ROOT } from './root.mjs';

/** What is compiled, each after those it imports. `main` is made last, so it is there if all is. */
const PACKAGES = [
  { name: 'the frame protocol', folder: 'device-sdk/protocol', main: 'index.js' },
  { name: 'the client', folder: 'device-sdk/node', main: 'index.js' },
  { name: 'the gateway', folder: 'gateway', main: join('cli', 'main.js') },
];

/** The command, built. */
export const COMMAND = join(ROOT, 'gateway', 'dist', 'cli', 'main.js');

/** Compiles each package of which a source changed since the last time. The sources must be as `ensurePackages` left them. */
export function ensureBuilt() {
  // A package is made from those before it too.
  let before = '';
  for (const each of PACKAGES) before = ensurePackageBuilt(each, before);
}

function ensurePackageBuilt({ name, folder, main }, imported) {
  const dist = join(ROOT, folder, 'dist');
  const stampFile = join(dist, '.built-from');
  const { stamp, names } = sources(folder, imported);
  const before = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split('\n') : [];
  if (before[0] === stamp && existsSync(join(dist, main))) return stamp;
  tell(`Building ${name} ...`);
  // Nothing removes what was made from a source that is gone, so then everything is made anew.
  if (before.length === 0 || before.slice(1).some((name) => !names.includes(name))) {
    rmSync(dist, { recursive: true, force: true, maxRetries: 5 });
  }
  rmSync(stampFile, { force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  runLoud(process.execPath, [tsc, '-p', folder], { code: 'INSTALL_INCOMPLETE' });
  writeFileSync(stampFile, [stamp, ...names].join('\n'));
  return stamp;
}

/** What a package is built from: names for people, and a digest of names, sizes, times and `imported`. */
function sources(folder, imported) {
  const settings = ['tsconfig.json', 'package-lock.json', `${folder}/tsconfig.json`];
  const names = [
    ...settings,
    ...readdirSync(join(ROOT, folder, 'src'), { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/src/${name}`)
      .sort(),
  ];
  const hash = createHash('sha256').update(imported);
  for (const name of names) {
    const { size, mtimeMs } = statSync(join(ROOT, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return { stamp: hash.digest('hex'), names };
}
