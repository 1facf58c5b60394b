import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { secretPassword, secretToken } from '@crosscomm/testing/secrets';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { hashPassword } from '../../src/access/password-hashes.ts';

const TOKENS = { anna: secretToken(), boss: secretToken(), ben: secretToken() };
const PASSWORD = secretPassword();
/** It takes two seconds; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;

const gateway = new GatewayProcess({
  auth: { anonymous: 'deny' },
  tls: { auto: true },
  oocsi: { tlsPort: 0 },
  mqtt: { tlsPort: 0 },
});
const programs: Program[] = [];
let boss: OocsiClient;

beforeAll(async () => {
  const { anna, ben, boss: admin } = TOKENS;
  await saveAccounts(gateway.dataDir, [
    { ...accountOf('anna', { token: anna }), password: await hashPassword(PASSWORD) },
    accountOf('ben', { token: ben }),
    accountOf('boss', { token: admin, roles: ['admin'] }),
  ]);
  await gateway.start();
  boss = await OocsiClient.connect(gateway.ready.oocsi.port, `boss:${TOKENS.boss}`);
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
});
afterAll(async () => {
  boss?.close();
  await gateway.dispose();
});

/** Who is online, as the administrator is told. */
async function online(): Promise<string[]> {
  boss.send('clients');
  const line = await boss.takeLine((text) => !text.startsWith('{'));
  return line.split(',').filter((name) => name !== 'boss');
}

/** The public key of whoever answers by TLS, as Chromium is told it. */
async function keyOf(port: number): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const spki = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' }) ?? '';
  socket.destroy();
  return createHash('sha256').update(spki).digest('base64');
}

function run(name: string, agent: Parameters<typeof startPython>[1]): Program {
  const program = startPython(name, agent);
  programs.push(program);
  return program;
}

async function command(...args: string[]): Promise<void> {
  const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
  const program = new Program('crosscomm', process.execPath, [main, ...args, '--data-dir', gateway.dataDir, '--json']);
  await once(program.process, 'close');
}

describe('the unmodified oocsi package', () => {
  const connect = (handle: string): Program => {
    const program = run('oocsi', 'oocsi_agent.py');
    program.command({ do: 'connect', handle, ...gateway.ready.oocsi });
    return program;
  };

  test.each([
    ['a token', 'anna', `anna:${TOKENS.anna}`],
    ['a password', 'anna', `anna:${PASSWORD}`],
    ['an account before a name of nobody', 'lamp', `anna/lamp:${TOKENS.anna}`],
  ])('proves itself by %s, is sent to by its name, and shows its secret to nobody', async (_, id, handle) => {
    const anna = connect(handle);
    await anna.take('connected', { handle }, LIMIT_MS);
    await expect.poll(online).toEqual([id]);
    boss.send('subscribe news');
    boss.send('subscribe heyOOCSI!');
    boss.send(`sendraw ${id} {"only":"you"}`);
    expect(await anna.take('message', { sender: 'boss' })).toMatchObject({ recipient: handle, data: { only: 'you' } });
    anna.command({ do: 'send', channel: 'news', data: { me: handle } });
    anna.command({ do: 'say_hi', device: 'Thermometer', channel: 'temperatures' });
    expect(await boss.take('news')).toMatchObject({ me: id, sender: id });
    expect(JSON.stringify(await boss.take('heyOOCSI!'))).toContain(`"device_id":"${id}"`);
    boss.send('channels');
    expect(await boss.takeLine((text) => !text.startsWith('{'))).not.toContain(handle);
  });

  test.each([
    ['a wrong secret', 'anna:wrong'],
    ['none', 'anna'],
    ['none, for a name of nobody', 'lamp'],
    ['the token of another account', `anna:${TOKENS.ben}`],
  ])('is refused with %s', async (_, handle) => {
    const program = connect(handle);
    const [name] = handle.split(':');
    const refusal = (text: unknown): boolean => String(text).startsWith(`error (password wrong for name: ${name})`);
    await program.events.take('refusal', ({ event, text }) => event === 'log' && refusal(text), LIMIT_MS);
    // The program of the test before may have ended a moment ago.
    await expect.poll(online).toEqual([]);
  });

  test('comes back by itself after the gateway was killed, with its subscriptions', async () => {
    const handle = `anna:${TOKENS.anna}`;
    const anna = connect(handle);
    const members = async (): Promise<string[]> => {
      for (const question of ['channels news', 'ping']) boss.send(question);
      const answers: string[] = [];
      while (answers.at(-1) !== '.') answers.push(await boss.takeLine((text) => !text.startsWith('{')));
      return answers.flatMap((answer) => answer.split(/, ?/));
    };
    await anna.take('connected', { handle }, LIMIT_MS);
    anna.command({ do: 'subscribe', channel: 'news' });
    await expect.poll(members, { timeout: LIMIT_MS }).toContain('anna');
    await gateway.kill();
    await gateway.start();
    boss = await OocsiClient.connect(gateway.ready.oocsi.port, `boss:${TOKENS.boss}`);
    // It takes the first piece that comes for the welcome, whatever else is in it, and hears from when it has subscribed again.
    await expect.poll(members, { timeout: LIMIT_MS }).toContain('anna');
    await expect.poll(online).toEqual(['anna']);
    boss.send('sendraw anna {"n":1}');
    boss.send('sendraw news {"n":2}');
    expect(await anna.take('message', { data: { n: 1 } })).toMatchObject({ recipient: handle });
    expect(await anna.take('message', { data: { n: 2 } })).toMatchObject({ recipient: 'news' });
  });
});

describe('unmodified pywayne', () => {
  const login = async (id: string, credentials: string): Promise<Program> => {
    const program = run(id, 'pywayne_agent.py');
    await program.take('started', {}, LIMIT_MS);
    const { port } = gateway.ready.http;
    const folders = { store: `${gateway.folder}/store`, downloads: `${gateway.folder}/${id}` };
    program.command({ do: 'login', client_id: id, host: `${credentials}127.0.0.1`, port, ...folders });
    return program;
  };

  test('proves itself in ip, and is refused without a right secret', async () => {
    const right = [`anna-desk:${TOKENS.anna}@`];
    const wrong = [`anna:${encodeURIComponent(PASSWORD)}x@`, ''];
    // Python takes seconds to start, so they come together.
    const clients = await Promise.all([...right, ...wrong].map((credentials, n) => login(`desk${n}`, credentials)));
    for (const [n, program] of clients.entries()) {
      const status = n < right.length ? 'success' : 'error';
      await program.take('message', { type: 'login_response', content: { status } }, LIMIT_MS);
    }
    await expect.poll(online).toEqual(['desk0']);
    boss.send('sendraw desk0 {"hello":1}');
    expect(await clients[0]?.take('message', { type: 'dict' })).toMatchObject({
      sender: 'boss',
      content: { hello: 1 },
    });
  });
});

describe('a web page of OOCSI in Chromium', () => {
  let server: Server;
  let page: BrowserPage;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>OOCSI</title>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://class.test:${(server.address() as AddressInfo).port}/`;
    page = await BrowserPage.open(url, ['class.test'], { keys: [await keyOf(gateway.ready.http.port)] });
  });
  afterAll(async () => {
    await page?.close();
    server?.close();
  });

  /** What OOCSI's library for pages does: the handle first, and messages to itself by the handle as it was written. */
  const connect = (scheme: string, handle: string): Promise<unknown> =>
    page.evaluate(`new Promise((resolve) => {
      globalThis.socket?.close();
      globalThis.events = [];
      globalThis.socket = new WebSocket('${scheme}://127.0.0.1:${gateway.ready.http.port}/ws');
      socket.onopen = () => socket.send('${handle}');
      socket.onclose = ({ code }) => resolve('closed ' + code);
      socket.onmessage = ({ data }) => {
        if (data === 'ping') { socket.send('.'); return; }
        const event = JSON.parse(data);
        if (event.message?.startsWith('welcome')) resolve('welcome');
        if (event.recipient === '${handle}') events.push(event.data);
      };
    })`);

  describe.each(['ws', 'wss'])('by %s', (scheme) => {
    test('of another origin proves itself by its handle, and hears what is sent to its name', async () => {
      expect(await connect(scheme, `anna-page:${TOKENS.anna}`)).toBe('welcome');
      await expect.poll(online).toEqual(['anna-page']);
      boss.send('sendraw anna-page {"n":1}');
      await expect.poll(() => page.evaluate('events')).toEqual([{ n: 1 }]);
    });

    test.each([
      ['a wrong secret', 'anna-page:wrong'],
      ['none', 'anna-page'],
    ])('is closed with %s', async (_, handle) => {
      expect(await connect(scheme, handle)).toBe('closed 1008');
      await expect.poll(online).toEqual([]);
    });
  });
});

test(
  'a removed account is cut off at once, on every wire',
  async () => {
    const credentials = `anna:${TOKENS.anna}`;
    const { http, oocsi } = gateway.ready;
    const lines = await OocsiClient.connect(oocsi.port, `anna-lines:${TOKENS.anna}`);
    const crosscomm = new WebSocket(`ws://${credentials}@127.0.0.1:${http.port}/`);
    const page = new WebSocket(`ws://127.0.0.1:${http.port}/ws`);
    await Promise.all([once(crosscomm, 'open'), once(page, 'open')]);
    page.send(`anna-page:${TOKENS.anna}`);
    const login = { msg_id: '1', to_client_id: 'server', msg_type: 'login', content: {}, timestamp: 0, oss_key: '' };
    crosscomm.send(JSON.stringify({ ...login, from_client_id: 'anna-crosscomm' }));
    await expect.poll(online).toHaveLength(3);
    const sockets = [lines.socket, crosscomm, page];
    const closings = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await command('account', 'remove', 'anna');
    await Promise.all(closings);
    await expect.poll(online).toEqual([]);
  },
  LIMIT_MS,
);
