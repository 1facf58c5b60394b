import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { ownPort } from '@crosscomm/testing/own-port';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outsideAddresses } from '../../src/common/own-addresses.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const DOORS = ['http', 'oocsi', 'mqtt', 'oss'];

/** `crosscomm start` in a process of its own, on free ports. */
class Started {
  out = '';
  err = '';
  readonly ended: Promise<number | null>;
  readonly #process;

  constructor(folder: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}, listeners = DOORS) {
    const ports = listeners.flatMap((listener) => [`--${listener}-port`, '0']);
    const args = [COMMAND, 'start', '--data-dir', join(folder, 'data'), '--no-serial-auto-detect', ...ports, ...flags];
    this.#process = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });
    this.#process.stdout.on('data', (chunk) => {
      this.out += chunk;
    });
    this.#process.stderr.on('data', (chunk) => {
      this.err += chunk;
    });
    this.ended = new Promise((resolve) => this.#process.once('close', resolve));
  }

  /** Resolves once standard output has this. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.out)) {
      const more = new Promise<'more'>((resolve) => this.#process.stdout.once('data', () => resolve('more')));
      if ((await Promise.race([more, this.ended])) !== 'more') throw new Error(`it ended: ${this.err}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

let folder: string;
let started: Started | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosscomm-start-'));
});
afterEach(async () => {
  started?.signal('SIGKILL');
  await started?.ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  started = new Started(folder, flags, env);
  return started;
}

/** Resolves where something listens, rejects where nothing does. */
function reach({ host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** A port that another program has. */
async function occupied(): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe('crosscomm start', () => {
  it('prints one line of JSON when every listener is open, with the ports that they really have', async () => {
    const gateway = start(['--json']);
    await gateway.until(/\n/);
    expect(gateway.out.split('\n')).toHaveLength(2);
    const ready = JSON.parse(gateway.out);
    expect(ready).toEqual({
      event: 'ready',
      http: { host: '127.0.0.1', port: expect.any(Number) },
      oocsi: { host: '127.0.0.1', port: expect.any(Number) },
      mqtt: { host: '127.0.0.1', port: expect.any(Number) },
      oss: { host: '127.0.0.1', port: expect.any(Number) },
      serial: [],
    });
    await Promise.all([ready.http, ready.oocsi, ready.mqtt, ready.oss].map(reach));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 after %s', async (signal) => {
    const gateway = start(['--json']);
    await gateway.until(/\n/);
    gateway.signal(signal);
    expect(await gateway.ended).toBe(0);
  });

  it('shows a person the listeners, who comes in by which, and how to go on', async () => {
    const gateway = start([]);
    await gateway.until(/Stop/);
    for (const word of ['CrossComm', 'OOCSI', 'MQTT', 'Serial', join(folder, 'data'), 'crosscomm listen --url ws://']) {
      expect(gateway.out).toContain(word);
    }
    expect(gateway.out).not.toContain('\u001b[');
    expect(gateway.out).toMatch(/^ +\/examples\/ +web pages/m);
    expect(gateway.out).not.toContain('Pages');
  });

  it('names the pages of one’s own, and the folder that it misses', async () => {
    const missing = start(['--pages-folder', 'www']);
    expect(await missing.ended).toBe(2);
    expect(missing.err).toContain(`There is no folder ${join(folder, 'www')} for pages`);
    mkdirSync(join(folder, 'www'));
    const gateway = start(['--pages-folder', 'www', '--pages-port', '0']);
    await gateway.until(/Stop/);
    const [, address] = /Pages +(http:\S+)/.exec(gateway.out) ?? [];
    writeFileSync(join(folder, 'www', 'index.html'), 'mine');
    expect(await (await fetch(`${address}/`)).text()).toBe('mine');
  });

  it('takes crosscomm.yaml of its folder where no file is named, and its first line says so', async () => {
    writeFileSync(join(folder, 'crosscomm.yaml'), 'limits: {maxRetained: 7}\nlog: {level: loud}\n');
    const refused = start([]);
    expect(await refused.ended).toBe(2);
    expect(refused.err).toContain('crosscomm.yaml:2: log.level must be one of');
    writeFileSync(join(folder, 'crosscomm.yaml'), 'log: {level: info}\n');
    const gateway = start([]);
    await gateway.until(/Stop/);
    expect(gateway.out.split('\n')[0]).toBe(`The configuration is crosscomm.yaml, which is in this folder: ${folder}`);
  });

  it('names addresses that others can use where it listens on all of them', async () => {
    const gateway = start(['--http-host', '0.0.0.0', '--auth-anonymous', 'allow']);
    await gateway.until(/Stop/);
    const [address] = outsideAddresses();
    expect(gateway.out).not.toContain('0.0.0.0');
    expect(gateway.out).toContain(`ws://${address ?? '127.0.0.1'}:`);
    const table = gateway.out.split('\n').filter((line) => !line.includes(folder));
    expect(table.filter((line) => line.length > 80)).toEqual([]);
  });

  it('opens no listener where one port is in use, and says so in one sentence with exit code 2', async () => {
    const taken = await occupied();
    const free = ownPort();
    const gateway = start(['--json', '--http-port', String(free), '--mqtt-port', String(taken.port)]);
    expect(await gateway.ended).toBe(2);
    await taken.release();
    const said = gateway.err.split('\n').filter((line) => line.startsWith('crosscomm:'));
    expect(said).toEqual([expect.stringContaining(`127.0.0.1:${taken.port}`)]);
    expect(said[0]).toContain('[DOOR_PORT_IN_USE]');
    expect(gateway.out).toBe('');
    await expect(reach({ host: '127.0.0.1', port: free })).rejects.toThrow('ECONNREFUSED');
  });

  it('starts without the OSS listener where its usual port is taken and nobody named one', async () => {
    const other = createServer();
    // Where another program has it already, that is as good.
    await new Promise<void>((resolve) => other.once('error', () => resolve()).listen(9899, '127.0.0.1', resolve));
    started = new Started(folder, ['--json'], {}, ['http', 'oocsi', 'mqtt']);
    await started.until(/\n/);
    const ready = JSON.parse(started.out);
    expect(Object.keys(ready)).toEqual(['event', 'http', 'oocsi', 'mqtt', 'serial']);
    await reach(ready.http);
    expect(started.err).toContain('9899');
    await new Promise((resolve) => other.close(resolve));
  });

  it('says in one sentence with exit code 2 what is wrong with its configuration', async () => {
    writeFileSync(join(folder, 'house.yaml'), 'oocsi:\n  prot: 4444\n');
    const gateway = start(['--config', 'house.yaml']);
    expect(await gateway.ended).toBe(2);
    expect(gateway.err).toBe(
      'crosscomm: house.yaml:2: oocsi.prot is not a known key; did you mean oocsi.port? [CONFIG_INVALID]\n',
    );
  });

  it('says how to see the rest of what is wrong', async () => {
    writeFileSync(join(folder, 'crosscomm.yml'), 'http: {prot: 1}\nmqtt: {prot: 1}\n');
    const gateway = start([]);
    expect(await gateway.ended).toBe(2);
    expect(gateway.out).toContain('The configuration is crosscomm.yml, which is in this folder');
    expect(gateway.err).toContain('and 1 more, which "crosscomm config check" shows. [CONFIG_INVALID]');
  });

  it('does not start with secrets that it cannot read, and does not show them', async () => {
    const gateway = start([], { CROSSCOMM_OOCSI_USERS: 'hunter2' });
    expect(await gateway.ended).toBe(2);
    expect(gateway.err).toContain('Entry 1 of the environment variable CROSSCOMM_OOCSI_USERS has no colon');
    expect(gateway.err).not.toContain('hunter2');
  });

  it('is told apart from another gateway on the same data', async () => {
    const first = start(['--json']);
    await first.until(/\n/);
    const second = new Started(folder, ['--json']);
    expect(await second.ended).toBe(2);
    expect(second.err).toContain('[DATA_DIR_LOCKED]');
  });

  it('lets crosscomm listen hear what crosscomm send says', async () => {
    const gateway = start(['--json']);
    await gateway.until(/\n/);
    const url = `ws://127.0.0.1:${JSON.parse(gateway.out).http.port}`;
    const listener = new TestShell({ terminal: true });
    const subscribed = new Promise((resolve) => listener.stderr.once('line', resolve));
    const code = listener.run('listen', 'lights/+', '--url', url);
    await subscribed;
    expect(await new TestShell().run('send', 'elsewhere', 'unheard', '--url', url)).toBe(0);
    expect(await new TestShell().run('send', 'lights/desk', '{"level": 1.0}', '--url', url, '--from', 'me')).toBe(0);
    const [line] = await listener.lines(1);
    expect(stripVTControlCharacters(line ?? '')).toMatch(/ me +-> lights\/desk +dict +\{"level": 1\.0\}$/);
    listener.interrupt();
    expect(await code).toBe(0);
  });
});
