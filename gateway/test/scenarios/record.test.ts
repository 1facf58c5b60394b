import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CrossCommService } from '@crosscomm/client';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { startPython } from '@crosscomm/testing/python';
import { secretPassword, secretToken } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { silentLog } from '../../src/common/log.ts';
import { bytesOf, type RecordingEvent } from '../../src/transports/recording/events.ts';

// Real clients are recorded at one gateway, and replayed against another one.

const PASSWORD = secretPassword();
const TOKENS = { ben: secretToken(), boss: secretToken() };
const CHANNEL_PASSWORD = 'horse-of-the-channel';
/** On a machine that runs everything else at once. */
const SOON = { timeout: 20_000, interval: 20 };
const run = promisify(execFile);
const ends: (() => unknown)[] = [];
let folder: string;
let count = 0;

class Place {
  readonly gateway: Gateway;
  doors!: Listeners;

  constructor(dataDir: string) {
    const anyPort = { host: '127.0.0.1', port: 0 };
    const config = configSchema.parse({
      ...{ dataDir, http: anyPort, oocsi: anyPort, mqtt: anyPort, osc: anyPort, oss: anyPort },
      serial: { autoDetect: false },
    });
    this.gateway = createGateway(config, { log: silentLog });
  }

  get url(): string {
    return `http://127.0.0.1:${this.doors.http.port}`;
  }
}

let one: Place;
let other: Place;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-record-'));
  for (const name of ['one', 'other']) {
    await saveAccounts(join(folder, name), [
      accountOf('ben', { token: TOKENS.ben, password: PASSWORD }),
      accountOf('boss', { roles: ['admin'], token: TOKENS.boss }),
    ]);
  }
  one = new Place(join(folder, 'one'));
  other = new Place(join(folder, 'other'));
  for (const place of [one, other]) place.doors = await place.gateway.start();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});
afterAll(async () => {
  await Promise.all([one.gateway.stop(), other.gateway.stop()]);
  await rm(folder, { recursive: true, maxRetries: 5 });
});

/** Records some clients while something happens; the events of the file, and its path. */
async function recorded(
  clients: readonly string[],
  happen: () => Promise<void>,
): Promise<{ path: string; events: RecordingEvent[]; said: string }> {
  const path = join(folder, `recording-${++count}.jsonl`);
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: TOKENS.boss }, cwd: folder });
  const flags = clients.flatMap((client) => ['--client', client]);
  const over = shell.run('record', path, ...flags, '--url', one.url);
  await expect.poll(() => shell.stderr.text, SOON).toContain('Recording ');
  await happen();
  shell.interrupt();
  expect(await over, shell.stderr.text).toBe(0);
  return { path, ...(await eventsIn(path)), said: shell.stderr.text };
}

async function eventsIn(path: string): Promise<{ events: RecordingEvent[] }> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return { events: lines.map((line) => JSON.parse(line) as RecordingEvent) };
}

/** All that a recording has, as it was sent. */
function allOf(events: readonly RecordingEvent[]): string {
  return events
    .map((event) =>
      'c' in event && event.is !== 'open' && event.is !== 'close'
        ? bytesOf(event).toString('latin1')
        : JSON.stringify(event),
    )
    .join('\n');
}

/** Replays a recording against the other gateway; the exit code and what was said. */
async function replayed(path: string, ...flags: string[]): Promise<{ code: number; said: string }> {
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: TOKENS.boss }, cwd: folder, input: `${TOKENS.ben}\n` });
  const code = await shell.run('replay', path, '--url', other.url, '--speed', '20', ...flags);
  return { code, said: `${shell.stdout.text}${shell.stderr.text}` };
}

/** Somebody at the other gateway who hears all that comes to a channel. */
async function listener(channel: string, place = other): Promise<string[]> {
  const heard: string[] = [];
  const client = new CrossCommService({
    clientId: `listener-${++count}`,
    url: `ws://ben:${TOKENS.ben}@127.0.0.1:${place.doors.http.port}`,
  });
  ends.push(() => client.logout());
  await client.login();
  await client.subscribe([channel], (content) => {
    heard.push(JSON.stringify(content));
  });
  await client.listClients({ onlyShowOnline: true });
  return heard;
}

function noSecretIn(text: string): void {
  for (const secret of [PASSWORD, ...Object.values(TOKENS), CHANNEL_PASSWORD]) expect(text).not.toContain(secret);
}

function mosquitto(program: 'mosquitto_pub' | 'mosquitto_sub', ...args: string[]): Promise<unknown> {
  return run(program, ['-h', '127.0.0.1', '-p', String(one.doors.mqtt.port), '-u', 'ben', '-P', PASSWORD, ...args]);
}

async function mqttClient(url: string, options: object): Promise<MqttClient> {
  const client = await connectAsync(url, { username: 'ben', password: PASSWORD, ...options });
  ends.push(() => client.endAsync(true));
  return client;
}

describe('what real clients say is recorded without secrets, and replayed elsewhere', () => {
  test('mosquitto, by MQTT 3.1.1', async () => {
    const { path, events } = await recorded(['ben-pub', 'ben-sub'], async () => {
      const sub = mosquitto('mosquitto_sub', '-i', 'ben-sub', '-t', 'lab/#', '-q', '1', '-C', '2');
      const headers = { authorization: `Bearer ${TOKENS.boss}` };
      const subscriber = async (): Promise<unknown> =>
        (await fetch(`${one.url}/api/v1/clients/ben-sub`, { headers })).json();
      // It is connected before it has subscribed.
      await expect.poll(subscriber, SOON).toMatchObject({ subscriptionCount: 1 });
      for (const text of ['21.5', '22'])
        await mosquitto('mosquitto_pub', '-i', 'ben-pub', '-t', 'lab/t', '-q', '1', '-m', text);
      await sub;
    });
    expect(events.filter(({ is }) => is === 'open')).toHaveLength(3);
    noSecretIn(allOf(events));
    expect(allOf(events)).toContain('lab/t');
    const heard = await listener('lab/t');
    const { code, said } = await replayed(path, '--password-stdin');
    expect(said).toContain('as recorded');
    expect(code, said).toBe(0);
    await expect.poll(() => heard, SOON).toEqual(['"21.5"', '"22"']);
    // Without the credential, the other gateway lets nobody in, and the command says what is missing.
    const refused = await replayed(path);
    expect(refused.code).toBe(1);
    expect(refused.said).toContain('CONNACK 4');
  });

  test('MQTT.js, by MQTT 5 over a WebSocket', async () => {
    const { path, events } = await recorded(['ben-js'], async () => {
      const client = await mqttClient(`ws://127.0.0.1:${one.doors.http.port}/mqtt`, {
        clientId: 'ben-js',
        protocolVersion: 5,
      });
      await client.subscribeAsync('five/#');
      const echo = new Promise((resolve) => client.once('message', resolve));
      await client.publishAsync('five/a', 'hello', { qos: 1 });
      await echo;
      await client.endAsync();
    });
    noSecretIn(allOf(events));
    expect(events[1]).toMatchObject({
      is: 'open',
      protocol: 'mqtt',
      by: 'websocket',
      path: '/mqtt',
      subprotocol: 'mqtt',
    });
    const heard = await listener('five/a');
    const { code, said } = await replayed(path, '--password-stdin', '--client-suffix', '-2');
    expect(code, said).toBe(0);
    await expect.poll(() => heard, SOON).toEqual(['"hello"']);
  });

  test('oocsi in Python, with its secret in its handle and a private channel', async () => {
    const handle = `oskar:${TOKENS.ben}`;
    const { path, events } = await recorded(['oskar'], async () => {
      const program = startPython('oskar', 'oocsi_agent.py');
      ends.push(() => program.stop());
      program.command({ do: 'connect', handle, ...one.doors.oocsi });
      await program.take('connected', {}, 60_000);
      program.command({ do: 'subscribe', channel: `den:${CHANNEL_PASSWORD}` });
      program.command({ do: 'say_hi', device: 'thing', channel: 'thing-t' });
      program.command({ do: 'send', channel: 'oskar', data: { n: 1 } });
      await program.take('message', { data: { n: 1 } });
      // A program that ends at once may take back what nobody has read yet.
      const others = await listener('open', one);
      program.command({ do: 'send', channel: 'open', data: { warm: true } });
      await expect.poll(() => others, SOON).toHaveLength(1);
      await program.stop();
    });
    const all = allOf(events);
    noSecretIn(all);
    for (const seen of ['oskar:****', 'den:****', '"warm"', 'heyOOCSI!']) expect(all).toContain(seen);
    const heard = await listener('open');
    const { code, said } = await replayed(path, '--password-stdin');
    expect(code, said).toBe(0);
    await expect.poll(() => heard, SOON).toEqual(['{"warm":true}']);
  }, 180_000);

  test('pywayne, with its secret in the address', async () => {
    const { path, events } = await recorded(['ben-py'], async () => {
      const program = startPython('ben-py', 'pywayne_agent.py');
      ends.push(() => program.stop());
      await program.take('started', {}, 60_000);
      const at = { host: `ben:${TOKENS.ben}@127.0.0.1`, port: one.doors.http.port };
      program.command({ do: 'login', client_id: 'ben-py', ...at, downloads: join(folder, 'downloads') });
      await program.take('message', { type: 'login_response' }, 60_000);
      const others = await listener('hall', one);
      program.command({ do: 'send', content: 'good morning', type: 'text', to: 'hall' });
      await expect.poll(() => others, SOON).toHaveLength(1);
      await program.stop();
    });
    const all = allOf(events);
    noSecretIn(all);
    expect(all).toContain('good morning');
    expect(events[1]).toMatchObject({ is: 'open', protocol: 'crosscomm', credential: 'basic' });
    const heard = await listener('hall');
    const { code, said } = await replayed(path, '--password-stdin', '--account', 'ben');
    expect(code, said).toBe(0);
    await expect.poll(() => heard, SOON).toEqual(['"good morning"']);
  }, 180_000);

  test('a board that speaks frames by WebSocket', async () => {
    await listener('bench', one);
    const { path, events } = await recorded(['ben-board'], async () => {
      const device = await WebSocketDevice.connect(one.doors.http.port);
      const limits = { version: 1, bootId: 7, maxFrame: 512 };
      device.say({ type: 'hello', deviceId: 'ben-board', user: 'ben', password: PASSWORD, ...limits });
      await device.take('welcome');
      device.say({ type: 'alias', alias: 1, channel: `den:${CHANNEL_PASSWORD}`, flags: 1 });
      await device.take('alias');
      device.say({ type: 'sequenced', seq: 1, frame: { type: 'message', to: 'bench', value: 4711 } });
      await device.take('ack');
      device.socket.terminate();
    });
    noSecretIn(allOf(events));
    expect(events[1]).toMatchObject({ is: 'open', protocol: 'frames', by: 'websocket' });
    const heard = await listener('bench');
    const { code, said } = await replayed(path, '--password-stdin');
    expect(code, said).toBe(0);
    await expect.poll(() => heard, SOON).toEqual(['4711']);
  });
});

test('who is online is recorded from now on, and nobody else is', async () => {
  const url = `mqtt://127.0.0.1:${one.doors.mqtt.port}`;
  const early = await mqttClient(url, { clientId: 'ben-early' });
  const stranger = await mqttClient(url, { clientId: 'ben-stranger' });
  const { path, events, said } = await recorded(['ben-early', 'ben-never'], async () => {
    await early.publishAsync('lab/early', 'from the middle', { qos: 1 });
    await stranger.publishAsync('lab/stranger', 'of nobody', { qos: 1 });
    const other = await mqttClient(url, { clientId: 'ben-newcomer' });
    await other.publishAsync('lab/newcomer', 'of nobody either', { qos: 1 });
  });
  expect(said).toContain('The gateway knows no client ben-never yet');
  expect(said).toContain('ben-early, by mqtt from 127.0.0.1');
  expect(events.filter(({ is }) => is === 'open')).toEqual([
    expect.objectContaining({ client: 'ben-early', inMiddle: true }),
  ]);
  const all = allOf(events);
  expect(all).toContain('from the middle');
  expect(all).not.toContain('of nobody');
  expect(events.at(-1)).toMatchObject({ is: 'end', why: 'asked', lost: 0 });
  const again = await replayed(path);
  expect(again.code).toBe(1);
  expect(again.said).toContain('not replayed: it was open before the recording began');
});

test.each([
  [['record', 'x.jsonl'], 2, 'Name at least one client'],
  [['record', 'x.jsonl', '--client', 'a', '--minutes', '0'], 2, '--minutes is a number above 0'],
  [['record', 'x.jsonl', '--client', 'a', '--max-mb', 'much'], 2, '--max-mb is a number above 0'],
  [['record', 'none/x.jsonl', '--client', 'a'], 2, 'cannot be written'],
  [['replay', 'none.jsonl'], 2, 'cannot be read'],
  [['replay', 'none.jsonl', '--speed', 'x'], 2, '--speed is a number above 0'],
] as const)('%j is refused with exit code %i', async (args, code, sentence) => {
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: TOKENS.boss }, cwd: folder });
  expect(await shell.run(...args, '--url', one.url)).toBe(code);
  expect(shell.stderr.text).toContain(sentence);
});

test('only whoever may operate the gateway records', async () => {
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: TOKENS.ben }, cwd: folder });
  expect(await shell.run('record', 'mine.jsonl', '--client', 'ben-board', '--url', one.url)).toBe(1);
  expect(shell.stderr.text).toContain('[PEER_NOT_ALLOWED]');
  await expect(readFile(join(folder, 'mine.jsonl'))).rejects.toThrow('ENOENT');
});

test('a listener can be named, and a gateway that is not there is one line', async () => {
  const { path } = await recorded(['ben-named'], async () => {
    await mosquitto('mosquitto_pub', '-i', 'ben-named', '-t', 'lab/named', '-m', 'x');
  });
  const shell = new TestShell({ cwd: folder, input: TOKENS.ben });
  const to = ['--to', `mqtt=127.0.0.1:${other.doors.mqtt.port}`];
  const nowhere = ['--url', 'http://127.0.0.1:9'];
  expect(await shell.run('replay', path, ...to, ...nowhere, '--password-stdin', '--json'), shell.stderr.text).toBe(0);
  expect(JSON.parse(shell.stdout.text)).toMatchObject({
    client: 'ben-named',
    protocol: 'mqtt',
    recorded: 1,
    replayed: 1,
  });
  const lost = new TestShell({ cwd: folder });
  expect(await lost.run('replay', path, ...nowhere)).not.toBe(0);
  expect(lost.stderr.text).toContain('[GATEWAY_UNREACHABLE]');
});

test('what was recorded until the gateway was out of reach is in the file, and said to be', async () => {
  const path = join(folder, 'cut.jsonl');
  const sockets: Socket[] = [];
  const way = createServer((socket) => {
    const onward = connect(one.doors.http.port, '127.0.0.1');
    sockets.push(socket, onward);
    socket.on('error', () => {}).pipe(onward);
    onward.on('error', () => {}).pipe(socket);
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  const { port } = way.address() as AddressInfo;
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: TOKENS.boss }, cwd: folder });
  const over = shell.run('record', path, '--client', 'ben-cut', '--url', `http://127.0.0.1:${port}`);
  await expect.poll(() => shell.stderr.text, SOON).toContain('Recording ');
  const client = await mqttClient(`mqtt://127.0.0.1:${one.doors.mqtt.port}`, { clientId: 'ben-cut' });
  await client.publishAsync('lab/cut', 'the last words', { qos: 1 });
  await expect.poll(async () => allOf((await eventsIn(path)).events), SOON).toContain('the last words');
  way.close();
  for (const socket of sockets) socket.resetAndDestroy();
  expect(await over).not.toBe(0);
  expect(shell.stderr.text).toContain('The gateway broke the recording off; what came until then is in the file.');
});
