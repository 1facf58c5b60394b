import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS = {
  '@crosscomm/protocol': 'device-sdk/protocol',
  '@crosscomm/client': 'device-sdk/node',
  '@crosscomm/sim': 'device-sdk/sim',
  '@crosscomm/gateway': 'gateway',
} as const;
const NAMES = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[];
const run = promisify(execFile);

interface Packed {
  name: keyof typeof FOLDERS;
  version: string;
  filename: string;
  integrity: string;
  files: { path: string }[];
}

interface Manifest {
  license: string;
  type: string;
  engines: { node: string };
  exports: Record<string, string | Record<string, string>>;
  dependencies: Record<string, string>;
}

type LockEntry = { dev?: boolean; link?: boolean } & Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-packages-'));
let packed: Packed[];

/** Runs npm as this very test was run. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const cli = process.env.npm_execpath;
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const { stdout } = await run(command, [...before, ...args], { cwd, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** An empty project with these packages as its dependencies, all else in the versions of this repository. */
async function install(name: string, names: readonly string[]): Promise<string> {
  const project = join(folder, name);
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const wanted = packed.filter((each) => names.includes(each.name));
  const dependencies = Object.fromEntries(wanted.map((each) => [each.name, `file:${join(folder, each.filename)}`]));
  const packages: Record<string, LockEntry> = { '': { name, version: '1.0.0', dependencies } };
  // What no package asks for does not belong there, so it is found out what each asks for: by its place here and there.
  const queue: { here: string; there: string; entry: LockEntry }[] = [];
  for (const { name: own, version, filename, integrity } of wanted) {
    const here = FOLDERS[own];
    const { name: _, ...entry } = locked.packages[here] ?? {};
    const there = `node_modules/${own}`;
    packages[there] = { ...entry, version, resolved: `file:${join(folder, filename)}`, integrity };
    queue.push({ here, there, entry });
  }
  for (let asker = queue.shift(); asker; asker = queue.shift()) {
    const { dependencies: needed, optionalDependencies: wished, peerDependencies: peers } = asker.entry;
    for (const dependency of Object.keys({ ...(needed as object), ...(wished as object), ...(peers as object) })) {
      const found = lookUp(locked.packages, asker.here, dependency);
      const entry = found === undefined ? undefined : locked.packages[found];
      if (found === undefined || entry === undefined || entry.link) continue;
      const there = found.startsWith(asker.here) ? found.replace(asker.here, asker.there) : found;
      if (packages[there] !== undefined) continue;
      const { dev: _, ...wholesome } = entry;
      packages[there] = wholesome;
      queue.push({ here: found, there, entry: wholesome });
    }
  }
  mkdirSync(project);
  const manifest = { name, version: '1.0.0', private: true, type: 'module', dependencies };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ ...manifest, lockfileVersion: 3, packages }));
  const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await npm(['ci', ...quietly], project);
  return project;
}

/** The place of what a package at `from` gets when it asks for a dependency, as Node looks it up. */
function lookUp(packages: Record<string, LockEntry>, from: string, dependency: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = at === '' ? `node_modules/${dependency}` : `${at}/node_modules/${dependency}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}

/** Runs a module in the project; what it prints. */
async function runModule(project: string, text: string): Promise<string> {
  const file = join(project, 'main.mjs');
  writeFileSync(file, text);
  const { stdout } = await run(process.execPath, [file], { cwd: project });
  return stdout.trim();
}

/** What the compiler says of a module in the project; nothing where its types resolve. */
async function compile(project: string, text: string, more: object = {}): Promise<string> {
  writeFileSync(join(project, 'main.ts'), text);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: [],
    ...more,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', project]).catch((error) => error as typeof error);
  return stdout;
}

beforeAll(async () => {
  const workspaces = NAMES.flatMap((name) => ['--workspace', name]);
  packed = JSON.parse(await npm(['pack', '--json', '--pack-destination', folder, ...workspaces], ROOT)) as Packed[];
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** The modules for programs; those of the dashboard are made as small as they can be, for browsers alone. */
function modulesIn(paths: readonly string[]): string[] {
  return paths.filter((path) => path.endsWith('.js') && /^dist\/(?!dashboard\/)/.test(path));
}

describe.each(NAMES)('the package %s', (name) => {
  const paths = (): string[] => packed.find((each) => each.name === name)?.files.map(({ path }) => path) ?? [];

  test('holds what it needs, and nothing that only its makers need', () => {
    expect(paths()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js']));
    expect(paths().filter((path) => /\.test\.|^test|^src|tsconfig|\.tsbuildinfo|\/\./.test(path))).toEqual([]);
    const modules = modulesIn(paths());
    // What is given out to pages, and the parts that the modules for programs are made of, nobody imports by type.
    const typed = modules.filter((path) => !/^dist\/(client|parts)\//.test(path));
    expect(typed.map((path) => path.replace(/\.js$/, '.d.ts')).filter((path) => !paths().includes(path))).toEqual([]);
  });

  test('has a source map beside each module, with the sources in it', () => {
    const source = FOLDERS[name];
    const modules = modulesIn(paths());
    // A module that only hands on another's exports has no lines to map.
    const isHandingOn = (path: string) =>
      /^export \{[^}]*\} from "[^"]*";\s*$/.test(readFileSync(join(ROOT, source, path), 'utf8'));
    expect(modules.filter((path) => !paths().includes(`${path}.map`) && !isHandingOn(path))).toEqual([]);
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(ROOT, source, 'dist', 'index.js.map'), 'utf8'));
    expect(sources.length).toBeGreaterThan(0);
    expect(sourcesContent.filter((text: unknown) => typeof text === 'string')).toHaveLength(sources.length);
  });

  test('says its licence, its kind and the Node it needs, and exports what is there', () => {
    const source = FOLDERS[name];
    const manifest = JSON.parse(readFileSync(join(ROOT, source, 'package.json'), 'utf8')) as Manifest;
    const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
    expect(manifest).toMatchObject({ license: 'Apache-2.0', type: 'module', engines: root.engines });
    const exported = Object.values(manifest.exports).flatMap((to) =>
      typeof to === 'string' ? [to] : Object.values(to),
    );
    const missing = exported.filter((path) => !path.includes('*') && !paths().includes(path.replace('./', '')));
    expect(missing).toEqual([]);
  });
});

describe('installed from their packages into an empty folder', () => {
  test('protocol and client do their work, and their types resolve', async () => {
    const project = await install('light', ['@crosscomm/protocol', '@crosscomm/client']);
    const printed = await runModule(
      project,
      `import { decodeFrame, encodeFrame } from '@crosscomm/protocol';
       import vector from '@crosscomm/protocol/vectors/crc.json' with { type: 'json' };
       import { CommMsgType, CrossCommService } from '@crosscomm/client';
       const frame = decodeFrame(encodeFrame({ type: 'message', to: 'lab', value: 21.5 }));
       const without = await new CrossCommService({ role: 'server' }).startServer().catch(({ code }) => code);
       const nobody = await new CrossCommService({ port: 1 }).login().catch(({ code }) => code);
       console.log(frame.value, vector.vectors.length > 0, CommMsgType.DICT, without, nobody);`,
    );
    expect(printed).toBe('21.5 true dict no_gateway unreachable');
    const use = `import { encodeFrame, type Frame } from '@crosscomm/protocol';
      import { CommMsgType, connect, CrossCommService, type Delivery, type Message } from '@crosscomm/client';
      import { CrossCommService as InBrowser } from '@crosscomm/client/browser';
      export const bytes: Uint8Array = encodeFrame({ type: 'ping' });
      export const client = new CrossCommService({ clientId: 'a' });
      client.messageListener({ msgType: CommMsgType.TEXT }, (message: Message) => void message.fromClientId);
      export const sent: Promise<Delivery> = client.send('lab', { t: 1 });
      export const page: InBrowser = new InBrowser();
      export const online = (): Promise<CrossCommService> => connect({ clientId: 'b', secure: true });
      export const content: Promise<ArrayBuffer> = client.download('key').then((blob) => blob.arrayBuffer());
      export type { Frame };`;
    expect(await compile(project, use)).toBe('');
    expect(await compile(project, use, { module: 'esnext', moduleResolution: 'bundler' })).toBe('');
    const blob = `${use} export const blob: Promise<Blob> = client.download('key');`;
    expect(await compile(project, blob, { lib: ['es2022', 'dom'] })).toBe('');
    const node = { types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')] };
    expect(await compile(project, blob, node)).toBe('');
    expect(await compile(project, `${use} export const wrong: number = client.send('lab', 1);`)).toContain('TS2322');
  }, 120_000);

  test('the gateway serves the client in one process, by its command, and its types resolve', async () => {
    const project = await install('whole', NAMES);
    const printed = await runModule(
      project,
      `import { CommMsgType, CrossCommService } from '@crosscomm/client';
       const doors = { oocsi: { port: 0 }, mqtt: { port: 0 }, oss: { port: 0 }, serial: { autoDetect: false } };
       const gateway = { ...doors, dataDir: 'data' };
       const server = new CrossCommService({ role: 'server', port: 0, gateway });
       await server.startServer();
       const client = new CrossCommService({ clientId: 'ann', port: server.address.port });
       await client.login();
       const heard = new Promise((resolve) => server.messageListener({}, resolve));
       await client.sendMessage('installed', CommMsgType.TEXT);
       const { content, fromClientId } = await heard;
       console.log(content, fromClientId);
       const page = await fetch('http://127.0.0.1:' + server.address.port + '/examples/web-lamp.html');
       console.log(page.status);
       await client.logout();
       await server.stop();`,
    );
    expect(printed).toBe('installed ann\n200');
    const command = join(project, 'node_modules', '.bin', 'crosscomm');
    const { stdout } = await run(
      command,
      ['config', 'check', 'node_modules/@crosscomm/gateway/crosscomm.example.yaml'],
      {
        cwd: project,
      },
    );
    expect(stdout).toContain('crosscomm.example.yaml');
    const use = `import { type Listeners, GatewayError, startGateway } from '@crosscomm/gateway';
      const { doors, stop } = await startGateway({ http: { port: 0 } });
      export const open: Listeners = doors;
      export { GatewayError, stop };`;
    const types = { types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')] };
    expect(await compile(project, use, types)).toBe('');
  }, 120_000);
});
