import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { secretPassword } from '@crosscomm/testing/secrets';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientCertificate } from '../../src/access/certificates/authority.ts';
import { makeToken } from '../../src/access/tokens.ts';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';

const PASSWORD = secretPassword();
const token = makeToken();
const gateway = new GatewayProcess({
  tls: { auto: true },
  mqtt: { tlsPort: 0 },
  auth: {
    anonymous: 'deny',
    roles: {
      reader: [
        { allow: 'subscribe', topics: ['news/#'] },
        { deny: 'subscribe', topics: ['news/secret'] },
      ],
    },
  },
});

beforeAll(async () => {
  await mkdir(gateway.dataDir, { recursive: true });
  const [mine, strange] = [await issue(gateway.dataDir), await issue(join(gateway.folder, 'strange'))];
  expect(strange.fingerprint).not.toBe(mine.fingerprint);
  const { serial: id, fingerprint, validToMs: expiresMs } = mine;
  const certificates = [{ id, fingerprint, createdMs: 0, expiresMs }];
  await saveAccounts(gateway.dataDir, [
    accountOf('anna', { roles: ['admin'], password: PASSWORD }),
    accountOf('carl', { roles: ['reader'], certificates }),
    accountOf('ben', { roles: ['reader'], token }),
  ]);
  await gateway.start();
  for (const topic of ['news/open', 'news/secret']) {
    expect((await run('mosquitto_pub', ...ANNA, '-t', topic, '-m', topic, '-r', '-q', '1')).code).toBe(0);
  }
});
afterAll(() => gateway.dispose());

/** Makes a client certificate for carl by the authority in a folder, and leaves it there. */
async function issue(folder: string): Promise<ClientCertificate> {
  const issued = await new OwnCertificates(folder, 'test').issueClientCertificate('carl', 365, Date.now());
  await writeFile(join(folder, 'carl.crt'), issued.certificate);
  await writeFile(join(folder, 'carl.key'), issued.key);
  return issued;
}

const ANNA = ['-u', 'anna', '-P', PASSWORD];
const BEN = ['-u', 'ben', '-P', token];

/** Runs a mosquitto client; its exit code and what it printed. */
async function run(program: string, ...given: string[]): Promise<{ code: number; output: string }> {
  const at = given.includes('--cafile') ? [] : ['-h', '127.0.0.1', '-p', String(gateway.ready.mqtt.port)];
  const child = spawn(program, [...at, ...given]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

const UNKNOWN = { code: 4, output: expect.stringContaining('bad user name or password') };
const UNPROVEN = { code: 5, output: expect.stringContaining('not authorised') };
const ANOTHERS = { code: 2, output: expect.stringContaining('identifier rejected') };
/** By TLS itself. */
const CUT = { code: 7, output: expect.stringContaining('connection was lost') };
const GRANTED = { code: 0, output: 'news/open\n' };

describe.each(['mqttv31', 'mqttv311'])('mosquitto_sub by %s', (version) => {
  test.each([
    ['a right password', ANNA, GRANTED],
    ['a token', BEN, GRANTED],
    ['a token and any user name', ['-u', 'esp32', '-P', token], GRANTED],
    ['an id of its own account', [...BEN, '-i', 'ben-1'], GRANTED],
    ['a wrong password', ['-u', 'anna', '-P', 'wrong'], UNKNOWN],
    ['a token of nobody', ['-u', 'ben', '-P', 'x'.repeat(32)], UNKNOWN],
    ['a user name of nobody', ['-u', 'nobody', '-P', PASSWORD], UNKNOWN],
    ['an id of another account', [...BEN, '-i', 'anna-1'], ANOTHERS],
    ['no credential', [], UNPROVEN],
  ])('with %s', async (_, given, answer) => {
    expect(await run('mosquitto_sub', '-V', version, ...given, '-t', 'news/open', '-C', '1')).toEqual(answer);
  });
});

describe('mosquitto_sub by TLS', () => {
  const by = (folder: string): string[] => ['--cert', join(folder, 'carl.crt'), '--key', join(folder, 'carl.key')];
  test.each([
    ['a certificate', by(gateway.dataDir), GRANTED],
    ['a certificate, and an id of its account', [...by(gateway.dataDir), '-i', 'carl-1'], GRANTED],
    ['a certificate, and an id of another account', [...by(gateway.dataDir), '-i', 'anna-1'], ANOTHERS],
    ['a certificate of another authority', by(join(gateway.folder, 'strange')), CUT],
    ['a token', BEN, GRANTED],
    ['a wrong password', ['-u', 'anna', '-P', 'wrong'], UNKNOWN],
    ['no credential', [], UNPROVEN],
  ])('with %s', async (_, given, answer) => {
    const { port } = (gateway.ready as { mqttTls?: { port: number } }).mqttTls ?? { port: 0 };
    const at = ['-h', 'localhost', '-p', String(port), '--cafile', join(gateway.dataDir, 'tls', 'ca.crt')];
    expect(await run('mosquitto_sub', ...at, ...given, '-t', 'news/open', '-C', '1')).toEqual(answer);
  });
});

describe('mosquitto_pub by MQTT 5', () => {
  const REASONS = { wrong: 134, none: 135, id: 133 };
  test.each([
    ['a right password', ANNA, 0],
    ['a token', BEN, 0],
    ['a wrong password', ['-u', 'anna', '-P', 'wrong'], REASONS.wrong],
    ['an id of another account', [...BEN, '-i', 'anna-1'], REASONS.id],
    ['no credential', [], REASONS.none],
  ])('with %s', async (_, given, code) => {
    expect(await run('mosquitto_pub', '-V', 'mqttv5', ...given, '-t', 'news/five', '-m', 'x')).toMatchObject({ code });
  });
});

describe.each(['mqtt', 'mqtts', 'ws', 'wss'] as const)('MQTT.js by %s', (way) => {
  test.each([3, 4, 5] as const)('with a right, a wrong and no credential, at protocol version %s', async (version) => {
    const { http, mqtt, mqttTls } = gateway.ready;
    const port = { mqtt: mqtt.port, mqtts: mqttTls?.port, ws: http.port, wss: http.port }[way];
    const ca = readFileSync(join(gateway.dataDir, 'tls', 'ca.crt'));
    const id = version === 3 ? ({ protocolId: 'MQIsdp' } as const) : {};
    const connect = async (given: IClientOptions): Promise<string> => {
      const options = { ...id, protocolVersion: version, reconnectPeriod: 0, ca, ...given };
      const client = await connectAsync(`${way}://localhost:${port}/mqtt`, options).catch(({ message }) =>
        String(message),
      );
      if (typeof client === 'string') return client;
      await client.endAsync();
      return 'welcome';
    };
    expect(await connect({ username: 'anna', password: PASSWORD })).toBe('welcome');
    expect(await connect({ username: 'esp32', password: token })).toBe('welcome');
    expect(await connect({ username: 'anna', password: 'wrong' })).toMatch(/^Connection refused: Bad user ?name/i);
    expect(await connect({})).toMatch(/^Connection refused: Not authorized/);
  });
});

test('mosquitto_sub says what is refused, and is sent nothing that is forbidden under a wildcard', async () => {
  expect(await run('mosquitto_sub', ...BEN, '-t', 'alarm')).toMatchObject({
    output: expect.stringMatching(/denied|rejected/),
  });
  // What is retained for the first filter comes before what is for the second.
  const all = await run('mosquitto_sub', ...BEN, '-t', '#', '-t', 'news/open', '-C', '2');
  expect(all.output).toBe('news/open\nnews/open\n');
});

test('mosquitto_pub is acknowledged what a rule forbids, which nobody gets and the log tells', async () => {
  const { port } = gateway.ready.mqtt;
  const url = `mqtt://127.0.0.1:${port}`;
  const anna = await connectAsync(url, { username: 'anna', password: PASSWORD, reconnectPeriod: 0 });
  const heard: string[] = [];
  anna.on('message', (topic, payload) => heard.push(`${topic}=${payload}`));
  await anna.subscribeAsync('#');
  for (const qos of ['0', '1', '2']) {
    expect(await run('mosquitto_pub', ...BEN, '-t', 'alarm', '-m', 'forged', '-r', '-q', qos)).toEqual({
      code: 0,
      output: '',
    });
  }
  const last = new Promise<void>((resolve) => anna.on('message', (topic) => topic === 'end' && resolve()));
  await anna.publishAsync('end', '', { qos: 1 });
  await last;
  await anna.endAsync();
  expect(heard.filter((line) => line.startsWith('alarm'))).toEqual([]);
  await gateway.program.errorLine(/(published to alarm, which was dropped: it may not send to this channel)/);
});

test('mosquitto_sub ends with its account, and says that it was refused', async () => {
  const operator = { authorization: `Basic ${Buffer.from(`anna:${PASSWORD}`).toString('base64')}` };
  const running = run('mosquitto_sub', ...BEN, '-i', 'ben-last', '-t', 'news/#');
  const base = `http://127.0.0.1:${gateway.ready.http.port}`;
  const isOnline = async (): Promise<boolean> =>
    (await (await fetch(`${base}/status`, { headers: operator })).text()).includes('ben-last');
  await expect.poll(isOnline).toBe(true);
  const removed = await fetch(`${base}/api/v1/accounts/ben`, { method: 'DELETE', headers: operator });
  expect(removed.status).toBeLessThan(300);
  // It connects again by itself after a second.
  expect(await running).toEqual({ code: 4, output: expect.stringContaining('bad user name or password') });
  expect(`${gateway.program.errors}`).not.toMatch(new RegExp(`${token}|${PASSWORD}`));
});
