import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { accountOf as accountWith, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { secretToken } from '@crosscomm/testing/secrets';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

/** A client that is in, and hears `news`. */
interface Insider {
  /** Resolves when its connection has ended. */
  ended: Promise<unknown>;
  /** All that it was sent so far. */
  heard(): string;
  /** Sends `{"n": n}` to `news`; undefined: it cannot send. */
  send?(n: number): void;
  close(): void;
}

const gateway = new GatewayProcess({
  auth: { anonymous: 'deny', roles: { mute: [{ allow: 'presence' }] } },
  tls: { auto: true },
  mqtt: { tlsPort: 0 },
  oocsi: { tlsPort: 0 },
});
/** The authority of the gateway's certificate. */
let ca: string;
const tokens = new Map<string, string>();
const tokenOf = (account: string): string => tokens.get(account) as string;
const basic = (account: string): string => `Basic ${Buffer.from(`${account}:${tokenOf(account)}`).toString('base64')}`;
const event = (n: number): string => JSON.stringify({ n });

async function byMqtt(account: string, url: string, protocolVersion: 4 | 5 = 4): Promise<Insider> {
  const options: IClientOptions = {
    protocolVersion,
    clientId: account,
    username: account,
    password: tokenOf(account),
    reconnectPeriod: 0,
    ca,
  };
  const client = await connectAsync(url, options);
  let heard = '';
  client.on('error', () => {});
  client.on('message', (_, payload) => {
    heard += payload.toString();
  });
  await client.subscribeAsync('news');
  const ended = new Promise((resolve) => client.on('close', () => resolve(undefined)));
  return { ended, heard: () => heard, send: (n) => client.publish('news', event(n)), close: () => client.end(true) };
}

/** Resolves when a connection has ended, in whatever way. */
function closed(socket: { once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** A WebSocket, and all that came by it. */
async function open(
  path: string,
  scheme: 'ws' | 'wss',
  headers: Record<string, string> = {},
): Promise<{ socket: WebSocket; heard(): string }> {
  const socket = new WebSocket(`${scheme}://localhost:${gateway.ready.http.port}${path}`, { headers, ca });
  let heard = '';
  socket.on('message', (data: Buffer) => {
    heard += data.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'open');
  return { socket, heard: () => heard };
}

/** Follows a stream of server-sent events. */
async function byEvents(account: string, path: string): Promise<Insider> {
  const { port } = gateway.ready.http;
  const request = get({ agent: false, host: '127.0.0.1', port, path, headers: { authorization: basic(account) } });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let heard = '';
  response.on('data', (data: Buffer) => {
    heard += data.toString();
  });
  response.on('error', () => {});
  const ended = new Promise((resolve) => response.on('close', resolve));
  return { ended, heard: () => heard, close: () => request.destroy() };
}

const crosscomm = (from: string, to: string, content: object, type = 'dict'): string =>
  JSON.stringify({
    msg_id: `${from}-${type}`,
    from_client_id: from,
    to_client_id: to,
    msg_type: type,
    content,
    timestamp: 0,
  });

/** Each way by which a client comes in and stays, from outside. */
const LISTENERS: { name: string; join(account: string): Promise<Insider> }[] = [
  { name: 'MQTT', join: (account) => byMqtt(account, `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`) },
  { name: 'MQTT 5', join: (account) => byMqtt(account, `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, 5) },
  { name: 'MQTT by WebSocket', join: (account) => byMqtt(account, `ws://127.0.0.1:${gateway.ready.http.port}/mqtt`) },
  {
    name: 'OOCSI',
    async join(account) {
      const client = await OocsiClient.connect(gateway.ready.oocsi.port, `${account}:${tokenOf(account)}`);
      let heard = '';
      client.socket.on('data', (data: Buffer) => {
        heard += data.toString();
      });
      client.send('subscribe news');
      const send = (n: number): void => client.send(`sendraw news ${event(n)}`);
      return { ended: closed(client.socket), heard: () => heard, send, close: () => client.close() };
    },
  },
  {
    name: 'MQTT by TLS',
    join: (account) => byMqtt(account, `mqtts://localhost:${gateway.ready.mqttTls?.port ?? 0}`),
  },
  {
    name: 'OOCSI by TLS',
    async join(account) {
      const { port = 0 } = gateway.ready.oocsiTls ?? {};
      const socket = connectTls({ host: 'localhost', port, ca });
      let heard = '';
      socket.on('data', (data: Buffer) => {
        heard += data.toString();
      });
      socket.on('error', () => {});
      socket.write(`${account}:${tokenOf(account)}(JSON)\nsubscribe news\n`);
      const send = (n: number): void => void socket.write(`sendraw news ${event(n)}\n`);
      return { ended: closed(socket), heard: () => heard, send, close: () => socket.destroy() };
    },
  },
  {
    name: 'OOCSI by WebSocket',
    async join(account) {
      const { socket, heard } = await open('/ws', 'ws');
      socket.send(`${account}:${tokenOf(account)}`);
      socket.send('subscribe news');
      const send = (n: number): void => socket.send(`sendjson news ${event(n)}`);
      return { ended: closed(socket), heard, send, close: () => socket.terminate() };
    },
  },
  {
    name: 'CrossComm by TLS',
    async join(account) {
      const { socket, heard } = await open('/', 'wss', { authorization: basic(account) });
      socket.send(crosscomm(account, 'server', {}, 'login'));
      socket.send(crosscomm(account, 'server', { subscribe: ['news'] }));
      const send = (n: number): void => socket.send(crosscomm(account, 'news', { n }));
      return { ended: closed(socket), heard, send, close: () => socket.terminate() };
    },
  },
  {
    name: 'CrossComm',
    async join(account) {
      const { socket, heard } = await open('/', 'ws', { authorization: basic(account) });
      socket.send(crosscomm(account, 'server', {}, 'login'));
      socket.send(crosscomm(account, 'server', { subscribe: ['news'] }));
      const send = (n: number): void => socket.send(crosscomm(account, 'news', { n }));
      return { ended: closed(socket), heard, send, close: () => socket.terminate() };
    },
  },
  {
    name: 'device frames',
    async join(account) {
      const device = await WebSocketDevice.connect(gateway.ready.http.port);
      let heard = '';
      device.socket.on('message', (data: Buffer) => {
        heard += data.toString('latin1');
      });
      const hello = { type: 'hello', version: 1, deviceId: account, bootId: 7, maxFrame: 4096 } as const;
      device.say({ ...hello, user: account, password: tokenOf(account) });
      await device.take('welcome');
      device.say({ type: 'alias', alias: 0, channel: 'news', flags: 1 });
      const send = (n: number): void => device.say({ type: 'message', to: 'news', value: new Map([['n', n]]) });
      const { socket } = device;
      return { ended: closed(socket), heard: () => heard, send, close: () => socket.terminate() };
    },
  },
  { name: 'server-sent events', join: (account) => byEvents(account, '/subscribe/news') },
  { name: 'the live feed of the API', join: (account) => byEvents(account, '/api/v1/events?show=messages') },
];

const accountOf = (kind: string, index: number): string => `${kind}${index}`;
let ben: Insider;
let boss: OocsiClient;

beforeAll(async () => {
  const names = [
    'ben',
    'boss',
    ...LISTENERS.flatMap((_, index) => ['cut', 'mute'].map((kind) => accountOf(kind, index))),
  ];
  for (const name of names) tokens.set(name, secretToken());
  await saveAccounts(
    gateway.dataDir,
    names.map((name) => accountWith(name, { token: tokenOf(name) })),
  );
  await gateway.start();
  ca = readFileSync(join(gateway.dataDir, 'tls', 'ca.crt'), 'utf8');
  ben = await byMqtt('ben', `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`);
  boss = await OocsiClient.connect(gateway.ready.oocsi.port, `boss:${tokenOf('boss')}`);
  // The first request loads the API, which takes its time on a machine that does everything else as well.
  await operate('GET', '/api/v1/accounts');
});
afterAll(async () => {
  ben?.close();
  boss?.close();
  await gateway.dispose();
});

/** What an operator asks of the gateway. */
async function operate(method: string, path: string, body?: object): Promise<Response> {
  const secret = readFileSync(join(gateway.dataDir, 'operator.secret'), 'utf8').trim();
  const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.status).toBeLessThan(300);
  return answer;
}

async function refusals(): Promise<number> {
  const text = await (await operate('GET', '/status')).text();
  return [...text.matchAll(/"[a-z]+ PEER_NOT_ALLOWED":\s*(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Waits until it hears what others send. */
async function isIn({ heard }: Insider): Promise<void> {
  const poll = (): string => {
    boss.send('sendraw news {"it":"hears"}');
    return heard();
  };
  await expect.poll(poll).toContain('hears');
}

describe.each(LISTENERS.map((listener, index) => ({ ...listener, index })))('by $name', ({ join: enter, index }) => {
  it('a revoked token ends the open connection at once', async () => {
    const account = accountOf('cut', index);
    const client = await enter(account);
    await isIn(client);
    await operate('DELETE', `/api/v1/accounts/${account}/tokens`);
    await client.ended;
  });

  it('a changed rule holds at once', async () => {
    const account = accountOf('mute', index);
    const client = await enter(account);
    const before = await refusals();
    await isIn(client);
    await operate('PUT', `/api/v1/accounts/${account}/roles`, { roles: ['mute'] });
    boss.send(`sendraw news {"second":"secret${index}"}`);
    await expect.poll(ben.heard).toContain(`secret${index}`);
    if (client.send) {
      client.send(7000 + index);
      await expect.poll(refusals).toBeGreaterThan(before);
    }
    expect(ben.heard()).not.toContain(String(7000 + index));
    expect(client.heard()).not.toContain(`secret${index}`);
    client.close();
  });
});

it('a wrong token is logged with account and address, once for a burst, and without the token', async () => {
  const { host, port } = gateway.ready.mqtt;
  const wrong = secretToken();
  const options: IClientOptions = { clientId: 'ben-2', username: 'ben', password: wrong, reconnectPeriod: 0 };
  for (let tries = 0; tries < 3; tries++) {
    await expect(connectAsync(`mqtt://${host}:${port}`, options)).rejects.toThrow('Connection refused');
  }
  const line = await gateway.program.errorLine(/^(.*PEER_WRONG_SECRET.*)$/);
  expect(JSON.parse(line)).toMatchObject({
    door: 'mqtt',
    who: '127.0.0.1',
    msg: 'A wrong password or token came for the account ben.',
  });
  const { length } = gateway.program.errors.match(/PEER_WRONG_SECRET/g) ?? [];
  expect(length).toBe(1);
  expect(gateway.program.errors).not.toContain(wrong);
});
