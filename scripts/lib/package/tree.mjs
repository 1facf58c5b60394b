import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../root.mjs';
import { stageModules } from './modules.mjs';

/** @typedef {import('./modules.mjs').Architecture} Architecture */
/** @typedef {import('./modules.mjs').Module} Module */
/** @typedef {import('./version.mjs').Release} Release */

const SOURCES = join(ROOT, 'packaging', 'debian');
const HOME = 'usr/lib/crosscomm';
const DOC = 'usr/share/doc/crosscomm';

/** What the package has of this repository's own packages, by where it is. */
const OWN = {
  gateway: `${HOME}/gateway`,
  'device-sdk/node': `${HOME}/node_modules/@crosscomm/client`,
  'device-sdk/protocol': `${HOME}/node_modules/@crosscomm/protocol`,
  'device-sdk/sim': `${HOME}/node_modules/@crosscomm/sim`,
};
const OWN_PARTS = ['package.json', 'LICENSE', 'bin', 'dist', 'crosscomm.example.yaml', 'examples'];

/** Files of `packaging/debian`, by where they are installed. */
const FILES = {
  crosscomm: 'usr/bin/crosscomm',
  'crosscomm.yaml': 'etc/crosscomm/crosscomm.yaml',
  'crosscomm.service': 'usr/lib/systemd/system/crosscomm.service',
  '60-crosscomm.rules': 'usr/lib/udev/rules.d/60-crosscomm.rules',
  'lintian-overrides': 'usr/share/lintian/overrides/crosscomm',
};
const PROGRAMS = [/^usr\/bin\//, /^DEBIAN\/(?:pre|post)/, /^usr\/lib\/crosscomm\/gateway\/bin\//];
/** What is made for developers. */
const UNWANTED = /(?:\.d\.ts|\.map|\.tsbuildinfo|\/\.[^/]+)$/;

/**
 * Lays out all that a package installs, and what describes it to dpkg but for the control file.
 *
 * @param {string} folder is made anew
 * @param {Architecture} architecture
 * @param {Release} release
 * @param {string} work a folder that may be lost
 */
export function layOut(folder, architecture, release, work) {
  rmSync(folder, { recursive: true, force: true });
  for (const [from, to] of Object.entries(OWN)) {
    for (const part of OWN_PARTS) copy(join(ROOT, from, part), join(folder, to, part));
  }
  const modules = stageModules(join(folder, HOME, 'node_modules'), architecture, work);
  for (const [name, to] of Object.entries(FILES)) copy(join(SOURCES, name), join(folder, to));
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm', 'templates']) {
    copy(join(SOURCES, script), join(folder, 'DEBIAN', script));
  }
  write(join(folder, 'DEBIAN', 'conffiles'), '/etc/crosscomm/crosscomm.yaml\n');
  documents(folder, modules, release);
  setModes(folder);
}

/**
 * @param {string} folder
 * @param {readonly Module[]} modules
 * @param {Release} release
 */
function documents(folder, modules, { version, epoch }) {
  const doc = join(folder, DOC);
  copy(join(ROOT, 'gateway', 'crosscomm.example.yaml'), join(doc, 'crosscomm.example.yaml'));
  copy(join(ROOT, 'docs', 'install.md'), join(doc, 'install.md'));
  const list = modules.map((each) => `  ${each.name} ${each.version}: ${each.license}`).join('\n');
  write(join(doc, 'copyright'), `${readFileSync(join(SOURCES, 'copyright'), 'utf8')}${list}\n`);
  compressed(join(doc, 'changelog.gz'), readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'));
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `crosscomm (${version}) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${MAINTAINER}  ${date}\n`;
  compressed(join(doc, 'changelog.Debian.gz'), entry);
  compressed(join(folder, 'usr/share/man/man1/crosscomm.1.gz'), readFileSync(join(SOURCES, 'crosscomm.1'), 'utf8'));
}

/** Who makes the package. */
export const MAINTAINER = 'CrossComm contributors <crosscomm@localhost>';

/**
 * @param {string} from what is not there is not copied
 * @param {string} to
 */
function copy(from, to) {
  if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !UNWANTED.test(path.slice(ROOT.length)) });
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * @param {string} file
 * @param {string} text
 */
function compressed(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(text, { level: 9 }));
}

/**
 * The modes of all files, whatever this user's umask is; folders without anything in them go.
 * @param {string} folder
 */
function setModes(folder) {
  for (const path of filesIn(folder)) chmodSync(join(folder, path), isProgram(path) ? 0o755 : 0o644);
  for (const path of [...foldersIn(folder)].reverse()) {
    if (readdirSync(join(folder, path)).length === 0) rmSync(join(folder, path), { recursive: true });
    else chmodSync(join(folder, path), 0o755);
  }
  chmodSync(folder, 0o755);
}

/** @param {string} path */
function isProgram(path) {
  return PROGRAMS.some((pattern) => pattern.test(path));
}

/**
 * All files below a folder, by their paths from it, sorted.
 * @param {string} folder
 */
export function filesIn(folder) {
  return all(folder).filter((path) => !lstatSync(join(folder, path)).isDirectory());
}

/** @param {string} folder */
function foldersIn(folder) {
  return all(folder).filter((path) => lstatSync(join(folder, path)).isDirectory());
}

/** @param {string} folder */
function all(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
