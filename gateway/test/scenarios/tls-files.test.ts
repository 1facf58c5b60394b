import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AccountBook } from '../../src/access/account-book.ts';
import { issueServerCertificate, makeAuthority } from '../../src/access/certificates/authority.ts';
import { factsOf, type KeyPair } from '../../src/access/certificates/certificate.ts';
import { type RunningGateway, startGateway } from '../../src/app/start-gateway.ts';
import { accountsFile } from '../../src/storage/accounts-file.ts';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';

let folder: string;
let log: MemoryLog;
let gateway: RunningGateway | undefined;
let authority: KeyPair;
let first: KeyPair;

beforeEach(async () => {
  folder = await temporaryFolder();
  log = new MemoryLog();
  authority = await makeAuthority('of a school', Date.now());
  first = await issueServerCertificate(authority, ['localhost'], Date.now());
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

async function put({ certificate, key }: KeyPair): Promise<void> {
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'certificate.pem'), certificate);
}

const OWN = (): object => ({ certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') });

async function start(tls: object, more: object = {}): Promise<RunningGateway> {
  const port = { host: '127.0.0.1', port: 0 };
  const doors = { http: port, oss: port, oocsi: { ...port, tlsPort: 0 }, mqtt: { ...port, tlsPort: 0 } };
  const dataDir = join(folder, 'data');
  gateway = await startGateway({ dataDir, ...doors, serial: { autoDetect: false }, tls, ...more }, { log });
  return gateway;
}

async function shown(port: number, options: object = {}): Promise<{ socket: TLSSocket; fingerprint: string }> {
  const ca = authority.certificate;
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '';
  return { socket, fingerprint };
}

function mqttPort(): number {
  const state = gateway?.doors.mqttTls;
  if (state === undefined || !('port' in state)) throw new Error('there is no port for MQTT by TLS');
  return state.port;
}

it('shows the files of the operator, and others when they change, while connections and sessions go on', async () => {
  await put(first);
  const { doors } = await start(OWN());
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host: 'localhost',
    port: mqttPort(),
    ca: authority.certificate,
  });
  const before = await shown(doors.http.port, { maxVersion: 'TLSv1.2' });
  expect(before.fingerprint).toBe(factsOf(first.certificate).fingerprint);
  const session = before.socket.getSession();

  const second = await issueServerCertificate(authority, ['localhost'], Date.now());
  await writeFile(join(folder, 'key.pem'), second.key);
  await vi.waitFor(() =>
    expect(log.lines).toContainEqual(expect.stringContaining('the key is not the one of the certificate')),
  );
  await writeFile(join(folder, 'certificate.pem'), second.certificate);
  await vi.waitFor(async () => {
    const { socket, fingerprint } = await shown(mqttPort());
    socket.destroy();
    expect(fingerprint).toBe(factsOf(second.certificate).fingerprint);
  });

  await client.subscribeAsync('lamp');
  await client.publishAsync('lamp', 'still here');
  expect(client.connected).toBe(true);
  const again = await shown(doors.http.port, { maxVersion: 'TLSv1.2', session });
  expect(again.socket.isSessionReused()).toBe(true);
  for (const { socket } of [before, again]) socket.destroy();
  await client.endAsync();
  const answer = await fetch(`http://127.0.0.1:${doors.http.port}/ca.crt`);
  expect(await answer.text()).toBe(authority.certificate);
});

it('replaces no authority that clients trust because its file is damaged, while it runs or at its next start', async () => {
  const file = (name: string): string => join(folder, 'data', 'tls', name);
  const { doors } = await start({ auto: true });
  authority = await new OwnCertificates(join(folder, 'data'), 'pi').authority(Date.now());
  const before = await shown(doors.http.port);
  before.socket.destroy();
  await writeFile(file('authority.pem'), 'nothing');
  const warned = (what: RegExp): Promise<void> =>
    vi.waitFor(() => expect(log.lines).toContainEqual(expect.stringMatching(what)));
  await warned(/authority\.pem is damaged, .*renew --authority.* former certificate stays in use/);
  for (const isAgain of [false, true]) {
    if (isAgain) {
      await gateway?.stop();
      await start({ auto: true });
      await warned(/signed last stays in use/);
    }
    const now = await shown((gateway as RunningGateway).doors.http.port);
    now.socket.destroy();
    expect(now.fingerprint).toBe(before.fingerprint);
    const answer = await fetch(`http://127.0.0.1:${(gateway as RunningGateway).doors.http.port}/ca.crt`);
    expect(await answer.text()).toBe(authority.certificate);
  }

  await gateway?.stop();
  await writeFile(file('server.pem'), 'nothing');
  await start({ auto: true });
  await warned(/every client that trusts it must be given the new one/);
  expect(await readFile(file('authority.pem.damaged'), 'utf8')).toBe('nothing');
});

it('does not start with files that are none, and says which', async () => {
  await put(first);
  await writeFile(join(folder, 'certificate.pem'), 'nothing');
  await expect(start(OWN())).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('certificate.pem, which has no certificate in PEM'),
  });
});

/** Gives the account lamp a certificate of the gateway that is to be started; its authority with it. */
async function lampCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const dataDir = join(folder, 'data');
  const own = new OwnCertificates(dataDir, 'pi');
  const {
    serial: id,
    fingerprint,
    validToMs,
    key,
    certificate,
  } = await own.issueClientCertificate('lamp', 30, Date.now());
  const certificates = [{ id, fingerprint, createdMs: Date.now(), expiresMs: validToMs }];
  const book = new AccountBook(accountsFile(dataDir));
  await book.add({ name: 'lamp', roles: ['member'], ids: [], tokens: [], certificates });
  return { ca: (await own.authority(Date.now())).certificate, cert: certificate, key };
}

it('knows an account by its client certificate, and nobody by one that is not its own', async () => {
  const { ca, cert, key } = await lampCertificate();
  await start({ auto: true, clientCertificates: ['mqtt', 'http'] }, { auth: { anonymous: 'deny' } });
  const at = { protocol: 'mqtts', host: 'localhost', port: mqttPort(), ca, reconnectPeriod: 0 } as const;

  const lamp = await mqtt.connectAsync({ ...at, key, cert, clientId: 'lamp' });
  await lamp.endAsync();
  await expect(mqtt.connectAsync({ ...at, clientId: 'lamp' })).rejects.toThrow(/not authorized/i);
  const { certificate: foreign, key: foreignKey } = await issueServerCertificate(authority, ['lamp'], Date.now());
  const stranger = connect({ host: '127.0.0.1', port: mqttPort(), ca, key: foreignKey, cert: foreign });
  // By an error, or without one: `once` of node:events would throw.
  stranger.on('error', () => {});
  await new Promise((resolve) => stranger.once('close', resolve));
  await vi.waitFor(() => expect(log.lines).toContainEqual(expect.stringContaining('A client certificate was refused')));

  // A session that is resumed still knows whose it is.
  const once1 = await shown(mqttPort(), { ca, key, cert, maxVersion: 'TLSv1.2' });
  const session = once1.socket.getSession();
  once1.socket.destroy();
  const { socket } = await shown(mqttPort(), { ca, session, maxVersion: 'TLSv1.2' });
  expect(socket.isSessionReused()).toBe(true);
  socket.write(Buffer.from('101000044d5154540402003c00046c616d70', 'hex'));
  expect(((await once(socket, 'data')) as [Buffer])[0].toString('hex')).toBe('20020000');
  socket.destroy();
});

it('knows an account by its client certificate over HTTP and on WebSockets, where the configuration says so', async () => {
  const { ca, cert, key } = await lampCertificate();
  const { doors } = await start({ auto: true, clientCertificates: ['http'] }, { auth: { anonymous: 'deny' } });
  const at = { host: 'localhost', port: doors.http.port };
  const status = async (options: object): Promise<number | undefined> => {
    const [response] = (await once(get({ ...at, ...options, path: '/status', agent: false }), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    return response.statusCode;
  };
  expect([await status({ ca, cert, key }), await status({ ca })]).toEqual([200, 401]);

  const open = async (path: string, options: object, first: string): Promise<string> => {
    const socket = new WebSocket(`wss://localhost:${at.port}${path}`, { ca, ...options });
    await once(socket, 'open');
    const answer = Promise.race([once(socket, 'message').then(String), once(socket, 'close').then(() => 'closed')]);
    socket.send(first);
    const said = await answer;
    socket.terminate();
    return said;
  };
  const login = { msg_id: '1', from_client_id: 'lamp', to_client_id: 'server', msg_type: 'login', content: {} };
  for (const [path, first, welcome] of [
    ['/ws', 'lamp', /welcome/],
    ['/', JSON.stringify({ ...login, timestamp: 0, oss_key: '' }), /"status":\s*"success"/],
  ] as const) {
    expect(await open(path, { cert, key }, first)).toMatch(welcome);
    expect(await open(path, {}, first)).not.toMatch(welcome);
  }
  const byMqtt = { protocol: 'wss', path: '/mqtt', ...at, ca, clientId: 'lamp', reconnectPeriod: 0 } as const;
  await (await mqtt.connectAsync({ ...byMqtt, cert, key })).endAsync();
  await expect(mqtt.connectAsync(byMqtt)).rejects.toThrow(/not authorized/i);
});

it('takes nothing but TLS by MQTT where that is required, on the port that clients know', async () => {
  const { doors } = await start({ auto: true, required: ['mqtt'] });
  const { port } = doors.mqtt;
  const at = { host: 'localhost', port, reconnectPeriod: 0 };
  for (const protocolVersion of [4, 5] as const) {
    await expect(mqtt.connectAsync({ ...at, protocolVersion })).rejects.toThrow(/not authorized/i);
    const ca = await readFile(join(folder, 'data', 'tls', 'ca.crt'));
    await (await mqtt.connectAsync({ ...at, protocolVersion, protocol: 'mqtts', ca })).endAsync();
  }
  expect(log.lines).toContainEqual(expect.stringContaining('A client without TLS was refused'));
});
