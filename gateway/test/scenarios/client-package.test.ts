import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../support/gateway-process.ts';
import { OocsiClient } from '../support/oocsi-client.ts';

const SERVED = fileURLToPath(new URL('../../dist/client', import.meta.url));
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
  }, 60_000);
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
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...what];
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

  test('is installed by one command from its address, has no install script, and runs in Node', async () => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}/crosscomm-client.tgz`;
    const { project, said, lock } = await install('from-gateway', [url]);
    expect(said).toBe('');
    const installed = Object.keys(lock.packages).filter((path) => path !== '');
    expect(installed.sort()).toEqual([
      'node_modules/@crosscomm/client',
      'node_modules/@crosscomm/client/node_modules/@crosscomm/protocol',
      'node_modules/ws',
    ]);
    expect(Object.values(lock.packages).filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
    expect(await runProgram(project)).toBe('delivered to 1');
    await lamp.takeLine((line) => line.includes('"led":1') && line.includes('"sender":"desk"'));
  }, 60_000);

  test('is installed from the two files that npm run pack:client makes, and bundled by Vite for a page', async () => {
    const files = ['crosscomm-client.tgz', 'crosscomm-protocol.tgz'].map((name) => join(SERVED, name));
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
});
