import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLoud } from './progress.mjs';
import { ROOT } from './root.mjs';

const PROTOCOL = join(ROOT, 'device-sdk', 'protocol');
const CLIENT = join(ROOT, 'device-sdk', 'node');

/**
 * Makes the packages of the client and of the frame protocol in `folder`, as they were built: crosscomm-client.tgz and
 * crosscomm-protocol.tgz. The first brings all that it needs along, so that it can be installed alone, where no registry is reached.
 *
 * @param {string} folder
 * @returns {string[]} the two files, the client's first
 */
export function packClient(folder) {
  mkdirSync(folder, { recursive: true });
  const staged = mkdtempSync(join(tmpdir(), 'crosscomm-pack-'));
  try {
    stage(PROTOCOL, join(staged, 'protocol'));
    const client = join(staged, 'client');
    stage(CLIENT, client);
    const packages = join(client, 'node_modules');
    stage(PROTOCOL, join(packages, '@crosscomm', 'protocol'));
    cpSync(join(ROOT, 'node_modules', 'ws'), join(packages, 'ws'), { recursive: true });
    const manifest = join(client, 'package.json');
    /** @type {{ dependencies: Record<string, string> }} */
    const contents = JSON.parse(readFileSync(manifest, 'utf8'));
    const bundleDependencies = Object.keys(contents.dependencies);
    writeFileSync(manifest, JSON.stringify({ ...contents, bundleDependencies }, null, 2));
    return [client, join(staged, 'protocol')].map((from) => pack(from, folder));
  } finally {
    rmSync(staged, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * What a package may hold of a folder, which its manifest then chooses from.
 * @param {string} from
 * @param {string} to
 */
function stage(from, to) {
  mkdirSync(to, { recursive: true });
  /** @type {{ files: string[] }} */
  const { files } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const names = files.filter((name) => !name.startsWith('!'));
  for (const name of ['package.json', 'README.md', 'LICENSE', ...names]) {
    cpSync(join(from, name), join(to, name), {
      recursive: true,
      filter: (path) => !/\/\.[^/]*$/.test(path.slice(from.length)),
    });
  }
}

/**
 * @param {string} from
 * @param {string} folder
 * @returns {string}
 */
function pack(from, folder) {
  const args = ['pack', '--loglevel=error', '--ignore-scripts', '--pack-destination', folder, from];
  const npm = process.env.npm_execpath;
  const quiet = { quiet: true, code: 'INSTALL_INCOMPLETE' };
  if (npm?.endsWith('.js')) runLoud(process.execPath, [npm, ...args], quiet);
  else runLoud('npm', args, quiet);
  /** @type {{ name: string, version: string }} */
  const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const plain = name.replace('@', '').replace('/', '-');
  const file = join(folder, `${plain}.tgz`);
  renameSync(join(folder, `${plain}-${version}.tgz`), file);
  return file;
}
