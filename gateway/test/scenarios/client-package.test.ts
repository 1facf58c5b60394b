import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const PROGRAM = `import { connect } from '@crosscomm/client';
  const client = await connect({ clientId: 'desk', ip: '127.0.0.1', port: Number(process.argv[2]) });
  const { delivered } = await client.send('lamp', { led: 1 });
  console.log('delivered to', delivered);
  await client.logout();`;

interface Lock {
  packages: Record<string, { version?: string; hasInstallScript?: boolean; dependencies?: object; resolved?: string }>;
}

describe('the client, as a gateway gives it out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-client-'));
  const gateway = new GatewayProcess();
  let lamp: OocsiClient;

  beforeAll(async () => {
    await gateway.start();
    lamp = await OocsiClient.connect(gateway.ready.oocsi.port, 'lamp');
  });
  afterAll(async () => {
    lamp?.close();
    await gateway.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** An empty project outside of the clone, after `npm install` of these; what npm said on standard error, too. */
  async function install(
    name: string,
    what: readonly string[],
  ): Promise<{ project: string; said: string; lock: Lock }> {
    const project = join(folder, name);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module' }));
    // A registry that is not there.
    const registry = ['--registry=http://127.0.0.1:1/', '--fetch-retries=0'];
    const args = ['install', ...registry, '--no-audit', '--no-fund', ...what];
    const npm = process.env.npm_execpath;
    const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    const env = { ...process.env, npm_config_ignore_scripts: 'false', npm_config_loglevel: 'notice' };
    const { stderr } = await run(command, [...before, ...args], { cwd: project, env });
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock;
    return { project, said: stderr, lock };
  }

  const runProgram = async (project: string): Promise<string> => {
    writeFileSync(join(project, 'main.js'), PROGRAM);
    const { stdout } = await run(process.execPath, ['main.js', String(gateway.ready.http.port)], { cwd: project });
    return stdout.trim();
  };

  test('is installed by one command from its address without a registry, has no install script, and runs in Node', async () => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}/crosscomm-client.tgz`;
    const { project, said, lock } = await install('from-gateway', [url]);
    expect(said).toBe('');
    const installed = Object.keys(lock.packages).filter((path) => path !== '');
    expect(installed.sort()).toEqual([
      'node_modules/@crosscomm/client',
      'node_modules/@crosscomm/client/node_modules/@crosscomm/protocol',
      'node_modules/@crosscomm/client/node_modules/ws',
    ]);
    expect(Object.values(lock.packages).filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
    expect(await runProgram(project)).toBe('delivered to 1');
    await lamp.takeLine((line) => line.includes('"led":1') && line.includes('"sender":"desk"'));
  }, 60_000);

  test('is installed from the two files that npm run pack:client makes, and bundled by Vite for a page', async () => {
    const { stderr } = await run(process.execPath, ['scripts/pack-client.mjs'], { cwd: ROOT });
    expect(stderr).toContain('npm install packages/crosscomm-client.tgz');
    const files = ['crosscomm-client.tgz', 'crosscomm-protocol.tgz'].map((name) => join(ROOT, 'packages', name));
    const { project, said } = await install('from-files', files);
    expect(said).toBe('');
    expect(await runProgram(project)).toBe('delivered to 1');
    writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
    const page = `import { connect } from '@crosscomm/client'; globalThis.client = connect({ ip: location.hostname });`;
    writeFileSync(join(project, 'page.js'), page);
    await build({ root: project, logLevel: 'error', configFile: false, build: { sourcemap: true } });
    const made = readdirSync(join(project, 'dist', 'assets'));
    expect(made.map((name) => name.replace(/-[\w-]+\./, '.')).sort()).toEqual(['index.js', 'index.js.map']);
    const text = readFileSync(join(project, 'dist', 'assets', made.find((name) => name.endsWith('.js')) ?? ''), 'utf8');
    expect(text).not.toMatch(/from\s*["']|node:fs/);
    expect(text).toContain('WebSocket');
  }, 60_000);

  test('runs a whole gateway where the folder of a clone is installed beside it', async () => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}/crosscomm-client.tgz`;
    const { project } = await install('server', [url, join(ROOT, 'gateway')]);
    const program = `import { CrossCommService } from '@crosscomm/client';
      const listeners = { oocsi: { port: 0 }, mqtt: { port: 0 }, oss: { port: 0 }, serial: { autoDetect: false } };
      const server = new CrossCommService({ role: 'server', port: 0, clientId: 'me', gateway: { ...listeners, dataDir: 'data' } });
      await server.startServer();
      console.log(await server.getOnlineClients());
      await server.stop();`;
    writeFileSync(join(project, 'server.js'), program);
    const { stdout } = await run(process.execPath, ['server.js'], { cwd: project });
    expect(stdout.trim()).toBe("[ 'me' ]");
  }, 60_000);
});
