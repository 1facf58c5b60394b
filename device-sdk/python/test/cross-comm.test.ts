import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { secretToken } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOLDER, LIMIT_MS } from './support.ts';

// The program that drives pywayne in other tests is driven with what stands for pywayne, beside pywayne itself.

const gateway = new GatewayProcess();
const programs: Program[] = [];
const token = secretToken();
const downloads = (id: string): string => join(gateway.folder, 'downloads', id);

async function joinNew(id: string, host = '127.0.0.1'): Promise<{ program: Program; login: Record<string, unknown> }> {
  const program = startPython(id, 'pywayne_agent.py', [], { env: { CROSSCOMM_DROP_IN: FOLDER } });
  programs.push(program);
  await program.take('started', {}, LIMIT_MS);
  const { port } = gateway.ready.http;
  program.command({ do: 'login', client_id: id, host, port, downloads: downloads(id) });
  return { program, login: await program.take('login', {}, LIMIT_MS) };
}

async function send(program: Program, message: Record<string, unknown>): Promise<void> {
  program.command({ do: 'send', ...message });
  expect(await program.take('sent', {}, LIMIT_MS)).toMatchObject({ success: true });
}

function makeFile(path: string, content: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('what stands for pywayne', () => {
  let old: Program;
  let one: Program;

  beforeAll(async () => {
    await saveAccounts(gateway.dataDir, [accountOf('anna', { token, roles: ['admin'] })]);
    await gateway.start();
    const [first, second] = await Promise.all([joinPywayne(gateway, 'old'), joinNew('one')]);
    old = first;
    programs.push(old);
    one = second.program;
    expect(second.login).toMatchObject({ success: true });
    expect(await one.take('message', { type: 'login_response' })).toMatchObject({ content: { status: 'success' } });
  }, 2 * LIMIT_MS);
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await gateway.dispose();
  });

  it.each([
    ['text', 'grüß dich 👋'],
    ['json', '{"a": [1, 2.5, null]}'],
    ['json', '"a string"'],
    ['dict', { nested: { list: [1, null, true] }, half: 2.5 }],
  ])('sends and hears a %s', async (type, content) => {
    await send(one, { content, type, to: 'old' });
    const came = await old.take('message', { type });
    expect(came).toMatchObject({ sender: 'one', recipient: 'old' });
    await send(old, { content, type, to: 'one' });
    const heard = await one.take('message', { type });
    expect(heard).toMatchObject({ sender: 'old', recipient: 'one', oss_key: null });
    for (const message of [came, heard]) {
      if (type === 'json') expect(JSON.parse(String(message.content))).toEqual(JSON.parse(String(content)));
      else expect(message.content).toEqual(content);
    }
  });

  it('sends bytes to all, and hears none of its own', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]).toString('base64');
    await send(one, { content: '', base64_content: bytes, type: 'bytes' });
    expect(await old.take('message', { type: 'bytes' })).toMatchObject({ recipient: 'all', content: bytes });
    await send(old, { content: '', base64_content: bytes, type: 'bytes' });
    expect(await one.take('message', { type: 'bytes' })).toMatchObject({
      ...{ sender: 'old', recipient: 'all', content: bytes },
    });
  });

  it('sends a file and an image without keys of a storage, and saves those that come', {
    timeout: LIMIT_MS,
  }, async () => {
    for (const type of ['file', 'image']) {
      const content = Buffer.alloc(300_000, type);
      const path = makeFile(join(gateway.folder, 'sent', `${type} ä.bin`), content);
      await send(one, { content: path, type, to: 'old' });
      await send(old, { content: path, type, to: 'one' });
      for (const program of [old, one]) {
        const message = await program.take('message', { type }, LIMIT_MS);
        expect(readFileSync(String(message.content))).toEqual(content);
        expect(String(message.content).endsWith(String(message.oss_key))).toBe(true);
      }
    }
  });

  it('sends a folder, and saves one', { timeout: LIMIT_MS }, async () => {
    const folder = join(gateway.folder, 'sent', 'notes');
    makeFile(join(folder, 'top.txt'), 'top');
    makeFile(join(folder, 'deep', 'Grüße.txt'), 'deep');
    await send(one, { content: folder, type: 'folder', to: 'old' });
    await send(old, { content: folder, type: 'folder', to: 'one' });
    for (const program of [old, one]) {
      const message = await program.take('message', { type: 'folder' }, LIMIT_MS);
      const saved = join(String(message.content), String(message.oss_key));
      expect(readFileSync(join(saved, 'top.txt'), 'utf8')).toBe('top');
      expect(readFileSync(join(saved, 'deep', 'Grüße.txt'), 'utf8')).toBe('deep');
    }
  });

  it('downloads by a key, and says that there is nothing', { timeout: LIMIT_MS }, async () => {
    const path = makeFile(join(gateway.folder, 'sent', 'plain.txt'), 'plain');
    await send(one, { content: path, type: 'file', to: 'old' });
    const { oss_key } = await old.take('message', { type: 'file' }, LIMIT_MS);
    const folder = join(gateway.folder, 'by hand');
    one.command({ do: 'download', oss_key, folder });
    expect(await one.take('downloaded', {}, LIMIT_MS)).toMatchObject({ success: true });
    expect(readFileSync(join(folder, String(oss_key)), 'utf8')).toBe('plain');
    one.command({ do: 'download', oss_key: 'no/such.txt', folder });
    expect(await one.take('downloaded', {}, LIMIT_MS)).toMatchObject({ success: false });
  });

  it('refuses what it cannot send, and says so', async () => {
    for (const message of [
      { content: '{"a": ', type: 'json' },
      { content: join(gateway.folder, 'no such file'), type: 'file' },
      { content: 'x', type: 'heartbeat' },
    ]) {
      one.command({ do: 'send', ...message });
      expect(await one.take('sent', {}, LIMIT_MS)).toMatchObject({ success: false });
    }
  });

  it('lists who is there', async () => {
    one.command({ do: 'list', only_show_online: true });
    const { list } = (await one.take('clients')) as unknown as { list: { clients: object[]; total_count: number } };
    expect(list.clients).toEqual(
      expect.arrayContaining(['old', 'one'].map((id) => expect.objectContaining({ client_id: id, status: 'online' }))),
    );
    expect(list.total_count).toBe(list.clients.length);
  });

  it('hears its channels again after the gateway was killed', { timeout: 2 * LIMIT_MS }, async () => {
    await send(one, { content: { subscribe: ['news'] }, type: 'dict', to: 'server' });
    await gateway.kill();
    await gateway.start();
    const isConnected = async (): Promise<unknown> => {
      one.command({ do: 'connected' });
      return (await one.take('connected')).value;
    };
    await expect.poll(isConnected, { timeout: LIMIT_MS }).toBe(true);
    const say = async (): Promise<unknown> => {
      const body = new URLSearchParams({ sender: 'desk', v: '1' });
      const url = `http://127.0.0.1:${gateway.ready.http.port}/send/news`;
      return (await fetch(url, { method: 'POST', body })).status;
    };
    await expect.poll(say, { timeout: LIMIT_MS }).toBe(200);
    expect(await one.take('message', { type: 'dict', recipient: 'news' }, LIMIT_MS)).toMatchObject({ sender: 'desk' });
  });

  it('says who it is before the address, and is refused with a wrong token', { timeout: LIMIT_MS }, async () => {
    const wrong = await joinNew('two', `anna:${secretToken()}@127.0.0.1`);
    expect(wrong.login).toMatchObject({ success: false });
    const right = await joinNew('three', `anna:${token}@127.0.0.1`);
    expect(right.login).toMatchObject({ success: true });
  });
});
