import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLoud } from '../progress.mjs';
import { CACHE } from '../root.mjs';
import { filesIn, layOut, MAINTAINER } from './tree.mjs';

/** @typedef {import('./modules.mjs').Architecture} Architecture */
/** @typedef {import('./version.mjs').Release} Release */

/**
 * Makes a Debian package. Two builds of the same sources give the same bytes.
 *
 * @param {Architecture} architecture
 * @param {Release} release
 * @param {string} folder where it is put
 * @returns {string} the file
 */
export function makePackage(architecture, release, folder) {
  const work = join(CACHE, 'package');
  const tree = join(work, architecture);
  layOut(tree, architecture, release, join(work, 'npm'));
  const installed = filesIn(tree).filter((path) => !path.startsWith('DEBIAN/'));
  const sums = installed.map((path) => `${sum(join(tree, path))}  ${path}\n`);
  writeFileSync(join(tree, 'DEBIAN', 'md5sums'), sums.join(''), { mode: 0o644 });
  writeFileSync(join(tree, 'DEBIAN', 'control'), control(tree, installed, architecture, release), { mode: 0o644 });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `crosscomm_${release.version}_${architecture}.deb`);
  // One thread, as xz cuts into other blocks with another number of processors.
  const args = ['--root-owner-group', '-Zxz', '-z6', '--threads-max=1', '--build', tree, file];
  runLoud('dpkg-deb', args, { quiet: true, env: { SOURCE_DATE_EPOCH: String(release.epoch) } });
  rmSync(tree, { recursive: true });
  return file;
}

/** @param {string} file dpkg itself has this digest, for accidents and not against attacks */
function sum(file) {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

/**
 * @param {string} tree
 * @param {readonly string[]} installed
 * @param {Architecture} architecture
 * @param {Release} release
 */
function control(tree, installed, architecture, { version }) {
  const bytes = installed.reduce((total, path) => total + readFileSync(join(tree, path)).length + 512, 0);
  return `Package: crosscomm
Version: ${version}
Section: net
Priority: optional
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: nodejs (>= 20.19), adduser, debconf (>= 0.5) | debconf-2.0, init-system-helpers (>= 1.54), libc6 (>= ${libcOf(tree, installed)}), libgcc-s1, libstdc++6
Recommends: systemd, udev
Suggests: avahi-daemon, avrdude, chrony | systemd-timesyncd, esptool
Description: self-hosted IoT gateway and MQTT broker
 One process that bridges MQTT, OOCSI, CrossComm, WebSocket, HTTP and serial
 ports: programs, web pages and boards (Arduino, ESP32, ESP8266) exchange
 messages and files over whatever each of them speaks. It is made for a
 Raspberry Pi in a home, a workshop or a class room, and has a dashboard,
 accounts and rules, TLS, and files with pictures made for small screens.
`;
}

/**
 * The oldest libc that has all that the binaries ask for.
 * @param {string} tree
 * @param {readonly string[]} installed
 */
function libcOf(tree, installed) {
  const binaries = installed.filter((path) => /\.(?:node|so[.\d]*)$/.test(path));
  const asked = binaries.flatMap((path) => {
    const text = readFileSync(join(tree, path)).toString('latin1');
    return [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  });
  return `2.${Math.max(...asked)}`;
}
