import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** pywayne takes seconds to start; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;
const gateway = new GatewayProcess();
const programs: Program[] = [];

async function login(clientId: string): Promise<Program> {
  const program = startPython(clientId, 'pywayne_agent.py');
  programs.push(program);
  await program.take('started', {}, LIMIT_MS);
  const store = join(gateway.folder, 'store');
  const downloads = join(gateway.folder, 'downloads', clientId);
  program.command({ do: 'login', client_id: clientId, ...gateway.ready.http, store, downloads });
  expect(await program.take('login')).toMatchObject({ success: true });
  await program.take('message', { type: 'login_response', content: { status: 'success' } });
  return program;
}

interface ListedClient {
  client_id: string;
  status: string;
  last_heartbeat: number;
  login_time: number;
}

async function list(program: Program, onlyOnline: boolean): Promise<ListedClient[]> {
  program.command({ do: 'list', only_show_online: onlyOnline });
  const { list } = await program.take('clients');
  return (list as { clients: ListedClient[] }).clients;
}

describe('unmodified pywayne clients', { timeout: 2 * LIMIT_MS }, () => {
  let ann: Program;
  let ben: Program;

  beforeAll(async () => {
    await gateway.start();
    [ann, ben] = await Promise.all([login('ann'), login('ben')]);
  }, 2 * LIMIT_MS);
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await gateway.dispose();
  });

  test.each([
    ['text', 'grüß dich 👋', 'grüß dich 👋'],
    ['json', '{"a": [1, 2.0, NaN]}', '{"a": [1, 2.0, NaN]}'],
    ['dict', { big: 12345678901234567890n.toString(), nested: { list: [1, null, true] } }, undefined],
  ])('exchange a %s message', async (type, content, expected) => {
    ann.command({ do: 'send', content, type, to: 'ben' });
    expect(await ann.take('sent')).toMatchObject({ success: true });
    expect(await ben.take('message', { type })).toMatchObject({
      sender: 'ann',
      recipient: 'ben',
      content: expected ?? content,
    });
  });

  test('exchange bytes', async () => {
    const bytes = Buffer.from([0, 1, 2, 254, 255]).toString('base64');
    ben.command({ do: 'send', content: '', base64_content: bytes, type: 'bytes' });
    expect(await ann.take('message', { type: 'bytes' })).toMatchObject({
      sender: 'ben',
      recipient: 'all',
      content: bytes,
    });
  });

  test.each(['file', 'image'])('exchange an object of type %s by its key', async (type) => {
    const path = join(gateway.folder, `${type}.bin`);
    writeFileSync(path, `content of a ${type}`);
    ann.command({ do: 'send', content: path, type, to: 'ben' });
    const message = await ben.take('message', { type });
    expect(message.oss_key).toMatch(/^cross_comm\/ann\/\d+_[0-9a-f]{8}\.bin$/);
    expect(readFileSync(String(message.content), 'utf8')).toBe(`content of a ${type}`);
  });

  test('exchange a folder by its key', async () => {
    const path = join(gateway.folder, 'folder');
    mkdirSync(join(path, 'inner'), { recursive: true });
    writeFileSync(join(path, 'inner', 'note.txt'), 'deep');
    ann.command({ do: 'send', content: path, type: 'folder', to: 'ben' });
    const message = await ben.take('message', { type: 'folder' });
    expect(message.oss_key).toMatch(/^cross_comm\/ann\/\d+_[0-9a-f]{8}_folder\/$/);
    expect(readFileSync(join(String(message.content), 'inner', 'note.txt'), 'utf8')).toBe('deep');
  });

  test('join a channel by a dict to the server', async () => {
    ben.command({ do: 'send', content: { subscribe: ['news'] }, type: 'dict', to: 'server' });
    await ben.take('sent');
    await list(ben, true);
    ann.command({ do: 'send', content: 'extra', type: 'text', to: 'news' });
    expect(await ben.take('message', { type: 'text', recipient: 'news' })).toMatchObject({ content: 'extra' });
  });

  test('list each other, and see who logged out', async () => {
    const cid = await login('cid');
    expect((await list(ann, true)).map(({ client_id }) => client_id)).toEqual(
      expect.arrayContaining(['ann', 'ben', 'cid']),
    );
    cid.command({ do: 'logout' });
    await cid.take('logout');
    const seen = async (): Promise<unknown> => (await list(ann, false)).find(({ client_id }) => client_id === 'cid');
    await expect.poll(seen).toMatchObject({ status: 'offline' });
    expect((await list(ann, true)).map(({ client_id }) => client_id)).not.toContain('cid');
  });

  test('hand an id over to the newest login, and close the older connection', async () => {
    const older = await login('dup');
    const newer = await login('dup');
    ann.command({ do: 'send', content: 'to the newest', type: 'text', to: 'dup' });
    expect(await newer.take('message', { type: 'text' })).toMatchObject({ content: 'to the newest' });
    const listed = (await list(ann, true)).filter(({ client_id }) => client_id === 'dup');
    expect(listed).toHaveLength(1);
    const isConnected = async (): Promise<unknown> => {
      older.command({ do: 'connected' });
      return (await older.take('connected')).value;
    };
    await expect.poll(isConnected).toBe(false);
  });
});
