// npm run package: makes the Debian packages of the gateway in the folder `packages`, for amd64, arm64 and armhf, or for those that
// are named: npm run package -- amd64. This machine may be any of them.
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { makePackage } from './lib/package/debian.mjs';
import { CPUS } from './lib/package/modules.mjs';
import { release } from './lib/package/version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { fail, needNode, tell } from './lib/progress.mjs';
import { CALLED_FROM, ROOT } from './lib/root.mjs';

/** @typedef {import('./lib/package/modules.mjs').Architecture} Architecture */

needNode();
const known = /** @type {Architecture[]} */ (Object.keys(CPUS));
const named = process.argv.slice(2);
const unknown = named.find((name) => !known.includes(/** @type {Architecture} */ (name)));
if (unknown !== undefined) fail(`Packages are made for ${known.join(', ')}, and not for ${unknown}.`, 2);
if (spawnSync('dpkg-deb', ['--version'], { stdio: 'ignore' }).status !== 0) {
  fail('dpkg-deb makes the packages, and it is missing: use a Debian, Ubuntu or Raspberry Pi OS.', 2);
}
ensurePackages({ dev: false });
ensureBuilt();
const made = release();
for (const architecture of named.length === 0 ? known : /** @type {Architecture[]} */ (named)) {
  tell(`Packing ${architecture} ...`);
  const file = makePackage(architecture, made, join(ROOT, 'packages'));
  process.stdout.write(`${relative(CALLED_FROM, file)}\n`);
}
