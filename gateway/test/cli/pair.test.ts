import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossCommService } from '@crosscomm/client';
import { NO_FAULTS, Simulation, transportTo } from '@crosscomm/sim';
import { PairingScreen } from '@crosscomm/testing/pairing-screen';
import { TestShell } from '@crosscomm/testing/test-shell';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configSchema, loadConfig } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { systemClock } from '../../src/common/clock.ts';
import { silentLog } from '../../src/common/log.ts';

/** A device that sends nothing. */
const SILENT = {
  readings: [],
  subscribe: [],
  atMostOnce: false,
  receipts: false,
  maxFrame: 256,
  window: 1024,
  faults: NO_FAULTS,
};

let dataDir = '';
let gateway: Gateway;
let listeners: Listeners;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-pair-'));
  const any = { port: 0 };
  const config = configSchema.parse({
    dataDir,
    http: any,
    oocsi: any,
    mqtt: any,
    oss: any,
    serial: { autoDetect: false },
    auth: { anonymous: 'deny' },
  });
  gateway = createGateway(config, { log: silentLog });
  listeners = await gateway.start();
});
afterAll(async () => {
  await gateway.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const url = (): string => `http://127.0.0.1:${listeners.http.port}`;
const post = (body: object): Promise<Response> =>
  fetch(`${url()}/api/v1/pair`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

let pairing: PairingScreen;
let code: string;

beforeEach(() => {
  code = '';
});

async function begin(...argv: string[]): Promise<void> {
  const opened = await PairingScreen.open(dataDir, ...argv);
  pairing = opened.screen;
  code = opened.code;
}

/** A client for Node with this token and code. */
function client(clientId: string, memory: { token?: string }): CrossCommService {
  return new CrossCommService({
    ip: '127.0.0.1',
    port: listeners.http.port,
    clientId,
    protocol: 'frames',
    reconnect: false,
    pair: code,
    token: {
      load: () => memory.token,
      store: (token) => {
        memory.token = token;
      },
    },
  });
}

describe('crosscomm pair', () => {
  it('gives a client for Node its token, and says who came and that the token is used', async () => {
    await begin();
    const memory: { token?: string } = {};
    const node = client('desk', memory);
    await node.login();
    expect(await pairing.next()).toMatchObject({ event: 'joined', id: 'desk', protocol: 'frames', account: 'desk' });
    expect(await pairing.next()).toMatchObject({ event: 'paired', id: 'desk' });
    expect(await pairing.done).toBe(0);
    expect(memory.token).toMatch(/^[A-Za-z0-9]{32}$/);
    await node.logout();
    const again = client('desk', memory);
    await again.login();
    await again.logout();
    await expect(client('other', {}).login()).rejects.toMatchObject({ code: 'credentials' });
  });

  it('gives a token by HTTP, for the account that was asked for', async () => {
    await begin('--name', 'door', '--role', 'viewer');
    const answer = await post({ code });
    expect(answer.status).toBe(200);
    const { account, token } = (await answer.json()) as { account: string; token: string };
    expect(account).toBe('door');
    expect(await pairing.next()).toMatchObject({ event: 'joined', account: 'door', protocol: 'http' });
    const status = await fetch(`${url()}/api/v1/accounts`, { headers: { authorization: `Bearer ${token}` } });
    expect(status.status).toBe(403);
    expect(await pairing.next()).toMatchObject({ event: 'paired' });
    expect((await post({ code })).status).toBe(403);
  });

  it('gives a device its token by frames over MQTT, and does not show it', async () => {
    await begin();
    const { transport } = transportTo(new URL(`mqtt://127.0.0.1:${listeners.mqtt.port}`));
    const clock = { now: () => performance.now(), after: systemClock.after };
    const simulation = new Simulation({
      deviceIds: ['sim-1'],
      plan: { ...SILENT, pair: code },
      transport,
      clock,
      seed: 1,
      random: Math.random,
    });
    simulation.start();
    expect(await pairing.next()).toMatchObject({ event: 'joined', id: 'sim-1', protocol: 'mqtt' });
    expect(await pairing.next()).toMatchObject({ event: 'paired', id: 'sim-1' });
    await simulation.stop();
  });

  it('shows the token of a device that cannot keep one, which is used as it is typed in', async () => {
    await begin();
    const device = (password: string): Simulation => {
      const { transport } = transportTo(new URL(`ws://127.0.0.1:${listeners.http.port}`));
      const clock = { now: () => performance.now(), after: systemClock.after };
      const plan = { ...SILENT, user: 'sim-2', password };
      return new Simulation({ deviceIds: ['sim-2'], plan, transport, clock, seed: 1, random: Math.random });
    };
    const coming = device(`pair:${code}`);
    coming.start();
    expect(await pairing.next()).toMatchObject({ event: 'joined', id: 'sim-2', protocol: 'frames' });
    const { event, token = '' } = await pairing.next();
    expect(event).toBe('token');
    await coming.stop();
    const typed = device(token);
    typed.start();
    expect(await pairing.next()).toMatchObject({ event: 'paired', id: 'sim-2' });
    await typed.stop();
  });

  it('shows the token that has to be typed in for MQTT', async () => {
    await begin();
    const port = { host: '127.0.0.1', port: listeners.mqtt.port, reconnectPeriod: 0 };
    const paired = await connectAsync({ ...port, clientId: 'lamp-1', username: 'lamp-1', password: `pair:${code}` });
    expect(await pairing.next()).toMatchObject({ event: 'joined', id: 'lamp-1', protocol: 'mqtt' });
    const { token } = await pairing.next();
    await paired.endAsync();
    const typed = await connectAsync({ ...port, clientId: 'lamp-1', username: 'lamp-1', password: token ?? '' });
    expect(await pairing.next()).toMatchObject({ event: 'paired', id: 'lamp-1' });
    await typed.endAsync();
  });

  it('tells of wrong codes, and of its end after five', async () => {
    await begin();
    const wrong = code === '111111' ? '222222' : '111111';
    for (let tries = 0; tries < 5; tries++) expect((await post({ code: wrong, name: 'guesser' })).status).toBe(403);
    expect(await pairing.next()).toMatchObject({ event: 'wrong' });
    for (let event = await pairing.next(); event.event !== 'guessed'; event = await pairing.next()) {
      expect(event.event).toBe('wrong');
    }
    expect(await pairing.done).toBe(1);
    expect((await post({ code, name: 'guesser' })).status).toBe(403);
  });

  it('ends with its time', async () => {
    await begin('--minutes', '0.02');
    expect(await pairing.next()).toMatchObject({ event: 'expired' });
    expect(await pairing.done).toBe(1);
  });

  it('refuses what cannot be', async () => {
    const shell = new TestShell();
    expect(await shell.run('pair', '--data-dir', dataDir, '--role', 'king')).toBe(2);
    expect(shell.stderr.text).toContain('There is no role "king"');
    expect(await shell.run('pair', '--data-dir', dataDir, '--minutes', 'many')).toBe(2);
    const answer = await fetch(`${url()}/api/v1/pairings`, { method: 'POST' });
    expect(answer.status).toBe(401);
  });

  it('shows a picture of its page on a terminal, by https where there is TLS, but none of a page that nobody reaches', async () => {
    const here = new TestShell({ terminal: true });
    expect(await here.run('pair', '--data-dir', dataDir, '--minutes', '0.01')).toBe(1);
    expect(here.stdout.text).toMatch(/Pairing code: \d{6}/);
    expect(here.stdout.text).toContain('nobody came in time');
    expect(here.stdout.text).not.toContain('/pair');
    expect(here.stderr.text).toContain('Only programs on this machine reach 127.0.0.1: set http.host');

    const folder = await mkdtemp(join(tmpdir(), 'crosscomm-pair-tls-'));
    const file = join(folder, 'crosscomm.yaml');
    const sections = ['mqtt', 'oocsi', 'oss'].map((name) => `${name}: {port: 0}`);
    const text = [`dataDir: ${folder}/data`, 'http: {host: 0.0.0.0, port: 0}', 'tls: {auto: true}', ...sections];
    await writeFile(
      file,
      [...text, 'serial: {autoDetect: false}', 'auth: {anonymous: allow}', 'discovery: {mdns: false}', ''].join('\n'),
    );
    const config = loadConfig({ file, cwd: folder });
    const encrypted = createGateway(config, { log: silentLog });
    const { http } = await encrypted.start();
    try {
      const shell = new TestShell({ terminal: true });
      await shell.run('pair', '--config', file, '--minutes', '0.01');
      expect(shell.stdout.text).toMatch(new RegExp(`https://[0-9.]+:${http.port}/pair shows a token`));
      const lines = shell.stdout.text.split('\n').length;
      expect(lines).toBeGreaterThan(15);
      // All of it is seen at once.
      expect(lines).toBeLessThan(24);
      expect(shell.stderr.text).toContain('A browser warns until it knows this gateway: "crosscomm tls export --qr"');
    } finally {
      await encrypted.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
