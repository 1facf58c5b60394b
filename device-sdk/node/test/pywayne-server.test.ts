import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommMsgType } from '@crosscomm/client';
import { ownPort } from '@crosscomm/testing/own-port';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestClient } from './support/gateway.ts';

// Where its server keeps the clients it knows.
const folder = mkdtempSync(join(tmpdir(), 'crosscomm-pywayne-'));
const clients: TestClient[] = [];
let server: Program;
const port = ownPort();
let python: Program;

async function startServer(): Promise<void> {
  server = startPython('pywayne server', 'pywayne_server.py', [String(port)], { cwd: folder });
  await server.take('ready', { port }, 60_000);
}

async function loginPython(): Promise<Program> {
  const program = startPython('python', 'pywayne_agent.py');
  await program.take('started', {}, 60_000);
  const files = { store: join(folder, 'store'), downloads: join(folder, 'downloads') };
  program.command({ do: 'login', client_id: 'python', host: '127.0.0.1', port, ...files });
  await program.take('message', { type: 'login_response' });
  return program;
}

/** Each has an id of its own, as this server takes an id for gone when an older connection of it closes. */
async function login(): Promise<TestClient> {
  const client = new TestClient({ port });
  clients.push(client);
  await client.service.login();
  return client;
}

describe('a client of pywayne’s own server', () => {
  beforeAll(async () => {
    await startServer();
    python = await loginPython();
  }, 120_000);
  afterEach(() => Promise.all(clients.splice(0).map(({ service }) => service.logout())));
  afterAll(async () => {
    await Promise.all([python?.stop(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('finds out that it speaks text, and logs in that way', async () => {
    const ann = await login();
    expect(ann.service.status).toEqual({ state: 'online', protocol: 'crosscomm' });
    expect(await ann.service.getOnlineClients()).toEqual(expect.arrayContaining([ann.service.clientId, 'python']));
    const { clients } = await ann.service.listClients();
    expect(clients.find(({ clientId }) => clientId === ann.service.clientId)).toMatchObject({
      status: 'online',
      loginTime: expect.closeTo(Date.now() / 1000, -2),
    });
  });

  test.each([
    [CommMsgType.TEXT, 'grüß dich 👋', 'grüß dich 👋'],
    [CommMsgType.JSON, '{"a": [1, 2.0]}', '{"a":[1,2.0]}'],
    [CommMsgType.DICT, { nested: { list: [1, null, true] } }, { nested: { list: [1, null, true] } }],
    [CommMsgType.BYTES, new Uint8Array([0, 1, 254, 255]), 'AAH+/w=='],
  ])('sends a %s message to a Python program', async (type, content, expected) => {
    const ann = await login();
    expect(await ann.service.sendMessage(content, type, 'python')).toBe(true);
    expect(await python.take('message', { type })).toMatchObject({
      sender: ann.service.clientId,
      recipient: 'python',
      content: expected,
      oss_key: null,
      timestamp: expect.closeTo(Date.now() / 1000, -2),
    });
  });

  test.each([
    ['text', 'hello', {}, 'hello'],
    ['json', '{"a": NaN}', {}, '{"a": NaN}'],
    ['dict', { n: 2.5, big: 1 }, {}, { n: 2.5, big: 1 }],
    ['bytes', '', { base64_content: 'AAH+/w==' }, new Uint8Array([0, 1, 254, 255])],
  ])('hears a %s message of a Python program', async (type, content, more, expected) => {
    const ann = await login();
    python.command({ do: 'send', content, type, to: ann.service.clientId, ...more });
    expect(await ann.message(expected)).toMatchObject({
      msgId: expect.stringMatching(/^python_\d+_[0-9a-f]{8}$/),
      fromClientId: 'python',
      toClientId: ann.service.clientId,
      msgType: type,
      ossKey: null,
    });
  });

  test('does not hear itself, though this server sends it its own messages', async () => {
    const ann = await login();
    const { clientId } = ann.service;
    await ann.service.sendMessage('to myself', CommMsgType.TEXT, clientId);
    // The server has sent that back before this answer.
    await ann.service.listClients();
    expect(ann.events.kept.filter(({ event }) => event === 'message')).toEqual([]);
  });

  test('calls, offers functions and shares variables with its like', async () => {
    const ann = await login();
    const ben = await login();
    await ben.service.register(ben.service.clientId, 'add', ({ a, b }) => ({ sum: a + b }));
    expect(await ann.service.call(ben.service.clientId, 'add', { a: 1, b: 2 })).toEqual({ sum: 3 });
    await expect(ann.service.call(ben.service.clientId, 'other')).rejects.toMatchObject({ code: 'no_function' });
    await expect(ann.service.call('nobody', 'f', {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('logs out as a Python program does', async () => {
    const gone = await login();
    await gone.service.logout();
    const { clientId } = gone.service;
    // What the server says of a client that has logged out, and not only hung up.
    expect(await server.errorLine(new RegExp(`(${clientId}) 已登出`))).toBe(clientId);
  });

  test('comes back when the server does, and knows that nothing can be sent until then', async () => {
    const ann = await login();
    await ann.status('online');
    await server.stop();
    await ann.status('reconnecting');
    expect(await ann.service.sendMessage('lost', CommMsgType.TEXT)).toBe(false);
    await startServer();
    expect(await ann.status('online')).toMatchObject({ protocol: 'crosscomm' });
    expect(await ann.service.getOnlineClients()).toEqual([ann.service.clientId]);
  }, 120_000);
});
