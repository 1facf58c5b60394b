// npm run package:test: makes the packages, and installs, uses, upgrades and removes them in a Debian 13 of their own: that of this machine's
// architecture with systemd, the others under emulation and without; npm run package:test -- arm64 tries one, and one that is named by its
// file is not made anew. Needs root. The last line counts.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { Checks } from './lib/package/checks.mjs';
import { makePackage } from './lib/package/debian.mjs';
import { emulated, OLDEST } from './lib/package/emulation.mjs';
import { live } from './lib/package/life.mjs';
import { debian13, Machine } from './lib/package/machine.mjs';
import { CPUS } from './lib/package/modules.mjs';
import { BY_SYSTEMD, byHand, supervised } from './lib/package/service.mjs';
import { release } from './lib/package/version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { fail, needNode, runLoud, tell } from './lib/progress.mjs';
import { CACHE, CALLED_FROM, ROOT } from './lib/root.mjs';

/** @typedef {import('./lib/package/modules.mjs').Architecture} Architecture */

needNode();
if (process.getuid?.() !== 0)
  fail('The packages are tried in a Debian of their own, which only root can make: use sudo.', 2);
ensureDebianPackages([
  { package: 'debootstrap', program: 'debootstrap' },
  { package: 'lintian', program: 'lintian' },
  { package: 'qemu-user-static', program: 'qemu-aarch64-static' },
  { package: 'iproute2', program: 'ip' },
  { package: 'systemd', program: 'systemd-analyze' },
]);

const known = /** @type {Architecture[]} */ (Object.keys(CPUS));
const named = process.argv.slice(2);
const own = known.find((architecture) => CPUS[architecture] === process.arch);
/** What the gateway of a machine says is wrong. */
const FAULTS = `(cat /root/gateway.log; journalctl -u crosscomm -o cat) 2> /dev/null | grep -v '"level":"info"' | tail -n 30`;
const checks = new Checks();
const work = join(CACHE, 'package-test');
unit();
for (const name of named.length === 0 ? known : named) {
  if (name.endsWith('.deb')) await tryOut(architectureOf(name), resolve(CALLED_FROM, name));
  else await tryOut(architectureOf(name), made(architectureOf(name)));
}
process.stdout.write(`${checks.passed} passed, ${checks.failed} failed\n`);
process.exitCode = checks.failed === 0 ? 0 : 1;

/** What systemd says of the unit without running it. */
function unit() {
  const file = join(ROOT, 'packaging', 'debian', 'crosscomm.service');
  const args = ['security', '--offline=true', '--threshold=40', '--no-pager', file];
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  const [level] = /exposure level.*/.exec(stdout) ?? [];
  checks.that(`the unit is closed: ${level ?? 'unknown'} (at most 4.0)`, status === 0, `${stdout}${stderr}`);
}

/** @param {string} name an architecture, or a package's file @returns {Architecture} */
function architectureOf(name) {
  const found = known.find((architecture) => name === architecture || name.endsWith(`_${architecture}.deb`));
  return found ?? fail(`Packages are tried for ${known.join(', ')}, and "${name}" is none of them.`, 2);
}

/** @param {Architecture} architecture */
function made(architecture) {
  tell(`\nPacking ${architecture} ...`);
  ensurePackages({ dev: false });
  ensureBuilt();
  const deb = makePackage(architecture, release(), join(ROOT, 'packages'));
  const again = makePackage(architecture, release(), join(work, 'again'));
  checks.that('a second build has the same bytes', digest(again) === digest(deb));
  const { status, stdout } = spawnSync('lintian', ['--fail-on', 'error', deb], { encoding: 'utf8' });
  checks.that('lintian finds no error', status === 0, stdout);
  return deb;
}

/**
 * @param {Architecture} architecture
 * @param {string} deb
 */
async function tryOut(architecture, deb) {
  tell(`\n${basename(deb)}`);

  const files = { deb, newer: newerThan(deb) };
  const isNative = architecture === own;
  if (!isNative) {
    tell(
      `Emulated, as a ${OLDEST[architecture]}, without systemd: how it starts, watches and confines the gateway, and boards, are tried on this machine's own architecture alone.`,
    );
  }
  await emulated(architecture, isNative, async () => {
    const machine = new Machine(isNative ? {} : { QEMU_CPU: OLDEST[architecture] ?? 'max' });
    try {
      await machine.boot(debian13(architecture, deb), { systemd: isNative });
      const before = checks.failed;
      live(checks, machine, files, isNative ? BY_SYSTEMD : byHand(machine), isNative ? supervised : undefined);
      if (checks.failed > before) tell(machine.run(FAULTS).output);
    } finally {
      await machine.end();
    }
  });
}

/**
 * The same package with a version that is newer.
 * @param {string} deb
 */
function newerThan(deb) {
  const tree = join(work, 'newer');
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  runLoud('dpkg-deb', ['--raw-extract', deb, tree]);
  const control = join(tree, 'DEBIAN', 'control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: (.*)$/m, 'Version: 1:$1'));
  const file = join(work, 'newer.deb');
  runLoud('dpkg-deb', ['-Znone', '--root-owner-group', '--build', tree, file], { quiet: true });
  rmSync(tree, { recursive: true });
  return file;
}

/** @param {string} file */
function digest(file) {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : file;
}
