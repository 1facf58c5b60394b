import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { secretToken } from '@crosscomm/testing/secrets';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Finding } from '../../src/observability/finding.ts';

const FREE = { host: '127.0.0.1', port: 0 };

interface Outcome {
  code: number;
  findings: Finding[];
}

async function doctor(cwd: string, env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Outcome> {
  const shell = new TestShell({ cwd, env });
  const code = await shell.run('doctor', '--json', ...argv);
  if (shell.stdout.text === '') throw new Error(shell.stderr.text);
  return { code, findings: (JSON.parse(shell.stdout.text) as { findings: Finding[] }).findings };
}

/** The levels of what was found about one thing, by what of several it is about. */
function levels({ findings }: Outcome, code: string): Record<string, string> {
  const about = findings.filter((finding) => finding.code === code);
  return Object.fromEntries(about.map(({ subject = '', level }) => [subject, level]));
}

/** A folder with the configuration of a gateway that does not run. */
async function resting(more: object = {}): Promise<string> {
  const folder = await temporaryFolder();
  const listeners = { http: FREE, oocsi: FREE, mqtt: FREE, oss: FREE };
  const configuration = { dataDir: 'data', serial: { autoDetect: false }, ...listeners, ...more };
  writeFileSync(join(folder, 'crosscomm.yaml'), JSON.stringify(configuration));
  return folder;
}

/** A folder with a program of this name that prints a text, or fails. */
async function programs(name: string, script: string): Promise<string> {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

describe('crosscomm doctor, with a gateway that runs', () => {
  let gateway: GatewayProcess;
  const boss = secretToken();
  const viewer = secretToken();

  beforeAll(async () => {
    gateway = new GatewayProcess({ osc: FREE, tls: { auto: true }, auth: { anonymous: 'deny' } });
    await saveAccounts(gateway.dataDir, [
      accountOf('boss', { token: boss, roles: ['admin'] }),
      accountOf('vera', { token: viewer, roles: ['viewer'] }),
    ]);
    await gateway.start();
  });
  afterAll(() => gateway.dispose());

  it('joins by every listener, sends, and hears what the others send', async () => {
    const outcome = await doctor(gateway.folder, {});
    expect(outcome.findings.filter(({ level }) => level === 'fault')).toEqual([]);
    const { osc, ...loops } = levels(outcome, 'loopback');
    // It has no passwords.
    expect(osc).toBe('warning');
    expect(loops).toEqual(Object.fromEntries(Object.keys(loops).map((each) => [each, 'ok'])));
    expect(Object.keys(loops)).toEqual(
      expect.arrayContaining(['http', 'http, WebSocket', 'oocsi', 'mqtt', 'oss', 'oocsiTls', 'mqttTls']),
    );
    expect(levels(outcome, 'gateway')).toEqual({ '': 'ok' });
    expect(levels(outcome, 'certificate')).toEqual({ '': 'ok' });
    expect(outcome.code).toBe(0);
    // Nothing of it is left.
    type Status = { clients: { list: { id: string }[] }; incidents: Record<string, number> };
    const status = async (): Promise<Status> => {
      const headers = { authorization: `Bearer ${boss}` };
      const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`, { headers });
      return (await answer.json()) as Status;
    };
    const left = async (): Promise<object[]> => (await status()).clients.list.filter(({ id }) => id.startsWith('cli-'));
    await expect.poll(left).toEqual([]);
    // Nor was it a client that did something wrong, but where it has no way to say who it is.
    const { incidents } = await status();
    expect(Object.keys(incidents).filter((each) => !each.startsWith('osc '))).toEqual([]);
  });

  it('hears by Open Sound Control too where that is let in', async () => {
    const open = new GatewayProcess({ osc: FREE });
    onTestFinished(() => open.dispose());
    await open.start();
    expect(levels(await doctor(open.folder, {}), 'loopback')).toMatchObject({ osc: 'ok', mqtt: 'ok' });
  });

  it('says by which listener an account may not send, and what it may not see', async () => {
    const url = `127.0.0.1:${gateway.ready.http.port}`;
    const outcome = await doctor('/', { CROSSCOMM_TOKEN: viewer }, '--url', url);
    expect(levels(outcome, 'diagnosis')).toEqual({ '': 'unknown' });
    expect(levels(outcome, 'loopback')).toMatchObject({ mqtt: 'fault', oocsi: 'fault' });
    expect(outcome.code).toBe(1);
  });

  it('says how one proves who one is, to a person whose token is wrong', async () => {
    const url = `127.0.0.1:${gateway.ready.http.port}`;
    const { findings } = await doctor('/', { CROSSCOMM_TOKEN: secretToken() }, '--url', url);
    expect(findings).toMatchObject([
      { code: 'gateway', level: 'fault', advice: expect.stringContaining('CROSSCOMM_TOKEN') },
    ]);
  });
});

describe('crosscomm doctor, without one', () => {
  it('says that none runs, and looks at the machine', async () => {
    const outcome = await doctor(await resting(), {});
    expect(levels(outcome, 'gateway')).toEqual({ '': 'warning' });
    expect(levels(outcome, 'configuration')).toEqual({ '': 'ok' });
    expect(outcome.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['clock', 'ports']));
    expect(outcome.code).toBe(0);
  });

  it('says which listener could not open, as another program has its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const outcome = await doctor(await resting({ mqtt: { host: '127.0.0.1', port } }), {});
    const taken = outcome.findings.find(({ code }) => code === 'ports');
    expect(taken).toMatchObject({
      level: 'fault',
      subject: 'mqtt.port',
      advice: expect.stringContaining(String(port)),
    });
    expect(outcome.code).toBe(1);
  });

  it('says whether a store in the network can be reached', async () => {
    const server = createHttpServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const objects = { store: 'oss', endpoint: `http://127.0.0.1:${port}`, bucket: 'files', addressing: 'path' };
    const folder = await resting({ objects });
    expect(levels(await doctor(folder, {}), 'object_store')).toEqual({ '': 'ok' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(levels(await doctor(folder, {}), 'object_store')).toEqual({ '': 'fault' });
  });

  it('says each mistake of the configuration', async () => {
    const outcome = await doctor(await resting({ mqtt: { prot: 1 }, log: { level: 'loud' } }), {});
    const wrong = outcome.findings.filter(({ code, level }) => code === 'configuration' && level === 'fault');
    expect(wrong).toHaveLength(2);
    expect(outcome.code).toBe(1);
  });

  it('measures the disk where there is data already', async () => {
    const folder = await resting();
    mkdirSync(join(folder, 'data'));
    // How fast it is here and now is not the test's to say.
    expect(levels(await doctor(folder, {}), 'disk_speed')).toEqual({ '': expect.stringMatching(/^(ok|warning)$/) });
  });

  it('finds in what the kernel says that the voltage was too low, or that it may not read it', async () => {
    const path = await programs('dmesg', 'echo "hwmon hwmon1: Undervoltage detected!"');
    vi.stubEnv('PATH', path);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(levels(await doctor(await resting(), {}), 'power')).toEqual({ '': 'warning' });
    vi.stubEnv('PATH', await programs('dmesg', 'exit 1'));
    expect(levels(await doctor(await resting(), {}), 'kernel_log')).toEqual({ '': 'unknown' });
  });

  it('says that nothing answers at an address', async () => {
    const { code, findings } = await doctor('/', {}, '--url', '127.0.0.1:1');
    expect(findings).toMatchObject([{ code: 'gateway', level: 'fault' }]);
    expect(code).toBe(1);
  });

  it('tells people in sentences, the worst first, with what to do', async () => {
    const shell = new TestShell({ cwd: await resting({ log: { level: 'loud' } }) });
    expect(await shell.run('doctor')).toBe(1);
    const lines = shell.stdout.text.split('\n');
    expect(lines[0]).toMatch(/^fault {4}[A-Za-z]/);
    expect(shell.stdout.text).toContain('crosscomm config check');
    expect(lines.at(-2)).toBe('1 thing does not work, 0 want a look.');
  });
});
