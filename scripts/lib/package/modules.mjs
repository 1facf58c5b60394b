import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { runNpm } from '../packages.mjs';
import { fail } from '../progress.mjs';
import { ROOT } from '../root.mjs';

/** What npm calls the processors that Debian has these names for. */
export const CPUS = /** @type {const} */ ({ amd64: 'x64', arm64: 'arm64', armhf: 'arm' });

/** @typedef {keyof typeof CPUS} Architecture */
/** @typedef {{ name: string, version: string, license: string }} Module a package of npm, for the list of licences */

/** Of an npm package at its top: nothing in them is needed to run. */
const FOLDERS = new Set([
  ...['test', 'tests', '__tests__', 'example', 'examples', 'bench', 'benchmark', 'benchmarks'],
  ...['doc', 'docs', 'coverage', 'fixtures'],
]);
/** What compilers, editors and people read, and Node does not. */
const ENDINGS =
  /\.(?:[cm]?ts|map|flow|md|markdown|apib|ya?ml|tsbuildinfo|h|hpp|cc|cpp|c|gyp|gypi|sh|bat|cmd|txt|tgz|iml|html)$/i;
const LICENCES = /^(?:licen[cs]e|notice|copying|copyright|authors|third-party)/i;

/**
 * Puts the npm packages that the gateway needs to run on `architecture` into `folder`, as package-lock.json has them: of native
 * ones that architecture's binaries alone, and of all nothing but what runs, and licences.
 *
 * @param {string} folder becomes `node_modules`
 * @param {Architecture} architecture
 * @param {string} work a folder that may be lost
 * @returns {Module[]} what there is, sorted
 */
export function stageModules(folder, architecture, work) {
  rmSync(work, { recursive: true, force: true });
  for (const name of manifests()) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    cpSync(join(ROOT, name), join(work, name));
  }
  const cpu = CPUS[architecture];
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const only = ['--omit=dev', '--workspace=@crosscomm/gateway', '--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
  runNpm(['ci', ...quiet, ...only], { cwd: work, quiet: true });
  const from = join(work, 'node_modules');
  cpSync(from, folder, { recursive: true, filter: (path) => isNeeded(relative(from, path), path, cpu) });
  const modules = modulesIn(folder);
  checkNative(folder, architecture);
  checkWhole(folder, from);
  rmSync(work, { recursive: true, force: true });
  return modules;
}

/** What npm reads. */
function manifests() {
  /** @type {{ workspaces: string[] }} */
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return ['package.json', 'package-lock.json', '.npmrc', ...workspaces.map((name) => `${name}/package.json`)];
}

/**
 * @param {string} path from node_modules on
 * @param {string} whole
 * @param {string} cpu
 */
function isNeeded(path, whole, cpu) {
  const name = basename(path);
  if (name.startsWith('.') || path === '@types' || path === '@crosscomm') return false;
  if (LICENCES.test(name)) return true;
  const [, platform, file = ''] = /(?:^|\/)prebuilds\/([^/]+)(?:\/(.+))?$/.exec(path.replaceAll(sep, '/')) ?? [];
  if (platform !== undefined) return platform === `linux-${cpu}` && !file.includes('musl');
  if (FOLDERS.has(name) && existsSync(join(dirname(whole), 'package.json'))) return false;
  return !ENDINGS.test(name);
}

/**
 * @param {string} folder node_modules
 * @returns {Module[]}
 */
function modulesIn(folder) {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:^|node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')))
    .filter(({ name, version }) => name !== undefined && version !== undefined)
    .map(({ name, version, license, licenses }) => ({ name, version, license: licenceOf(license ?? licenses) }));
  const lines = new Map(found.map((each) => [`${each.name} ${each.version}`, each]));
  return [...lines.keys()].sort().flatMap((line) => lines.get(line) ?? []);
}

/** @param {unknown} field a word, or as old packages had it @returns {string} */
function licenceOf(field) {
  if (typeof field === 'string') return field;
  if (Array.isArray(field)) return field.map(licenceOf).join(' OR ');
  const { type } = /** @type {{ type?: string }} */ (field ?? {});
  return type ?? 'see its files';
}

/**
 * Nothing that is there asks for a file that was left out.
 * @param {string} folder
 * @param {string} from
 */
function checkWhole(folder, from) {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.[cm]?js$/.test(path) || !statSync(join(folder, path)).isFile()) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    for (const [, asked = ''] of text.matchAll(/(?:require\(|from |import\(?)\s*['"](\.{1,2}\/[^'"]*)['"]/g)) {
      const names = ['', '.js', '.cjs', '.mjs', '.json', '/index.js'].map((end) => join(dirname(path), asked + end));
      const found = names.find((name) => statSync(join(from, name), { throwIfNoEntry: false })?.isFile());
      // Types, which a comment asks for.
      if (found === undefined || /\.d\.[cm]?ts$/.test(found)) continue;
      if (!existsSync(join(folder, found))) fail(`${path} needs ${found}, which was left out.`);
    }
  }
}

/**
 * Packages with binaries must have one for this architecture.
 * @param {string} folder
 * @param {Architecture} architecture
 */
function checkNative(folder, architecture) {
  const cpu = CPUS[architecture];
  for (const of of ['classic-level', '@serialport/bindings-cpp']) {
    const binaries = join(folder, of, 'prebuilds', `linux-${cpu}`);
    if (!existsSync(binaries) || readdirSync(binaries).length === 0) fail(`${of} has no binary for ${architecture}.`);
  }
  for (const name of [`sharp-linux-${cpu}`, `sharp-libvips-linux-${cpu}`]) {
    if (!existsSync(join(folder, '@img', name)))
      fail(`sharp has no binary for ${architecture}: @img/${name} is missing.`);
  }
}
