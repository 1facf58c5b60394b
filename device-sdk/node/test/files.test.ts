import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommMsgType, type Message } from '@crosscomm/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openCuttingProxy } from './support/cutting-proxy.ts';
import { TestGateway } from './support/gateway.ts';
import { TestProxy } from './support/proxy.ts';

const TIMEOUT_MS = 60_000;
const gateway = new TestGateway();
const folder = mkdtempSync(join(tmpdir(), 'crosscomm-files-'));
let number = 0;

function makeFile(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A directory that no other test has used. */
function freshDirectory(): string {
  return join(folder, `downloads-${number++}`);
}

function isSame(path: string, content: Uint8Array): boolean {
  return readFileSync(path).equals(content);
}

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(async () => {
  await gateway.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a client of a gateway', () => {
  test.each([
    [CommMsgType.FILE, 'log.csv', 700_000],
    [CommMsgType.IMAGE, 'Tür vorn.jpg', 50_000],
    [CommMsgType.FILE, 'empty.txt', 0],
  ])('sends a %s, %s, of %i bytes, and a listener downloads it', { timeout: TIMEOUT_MS }, async (type, name, size) => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const content = randomBytes(size);
    const directory = freshDirectory();
    const downloaded = new Promise<Message>((resolve) => {
      ben.service.messageListener({ downloadDirectory: directory }, resolve);
    });
    const stored: number[] = [];
    const progress = (bytes: number, total: number): void => {
      expect(total).toBe(size);
      stored.push(bytes);
    };
    expect(await ann.service.sendMessage(makeFile(name, content), type, 'ben', { progress })).toBe(true);
    const message = await downloaded;
    expect([message.msgType, message.fileName]).toEqual([type, name]);
    expect(message.ossKey).toMatch(/^cross_comm\/ann\/\d+_[0-9a-f]{8}\.(csv|jpg|txt)$/);
    expect(message.content).toBe(join(directory, ...String(message.ossKey).split('/')));
    expect(isSame(message.content, content)).toBe(true);
    expect(stored).toEqual(stored.toSorted((one, other) => one - other));
    expect(stored.at(-1)).toBe(size);
  });

  test('sends a Blob under its name', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    await ann.service.sendMessage(new File(['content'], 'note.txt'), CommMsgType.FILE, 'ben');
    const { ossKey, fileName } = await ben.message('note.txt');
    expect(fileName).toBe('note.txt');
    expect((await ben.service.download(String(ossKey))).name).toBe('note.txt');
    const directory = freshDirectory();
    expect(await ben.service.downloadFileManually(String(ossKey), directory)).toBe(true);
    expect(readFileSync(join(directory, String(ossKey)), 'utf8')).toBe('content');
  });

  test('goes on with a file where its connection broke', { timeout: TIMEOUT_MS }, async () => {
    const proxy = new TestProxy(() => gateway.http);
    await proxy.open();
    const ann = await gateway.login('ann', { port: proxy.port });
    const ben = await gateway.login('ben');
    const content = randomBytes(2_000_000);
    const stored: number[] = [];
    let broken: Promise<void> | undefined;
    const progress = (bytes: number): void => {
      stored.push(bytes);
      if (bytes > 0 && bytes < content.length) broken ??= proxy.close().then(() => proxy.open());
    };
    const path = makeFile('broken.bin', content);
    expect(await ann.service.sendMessage(path, CommMsgType.FILE, 'ben', { progress })).toBe(true);
    await broken;
    expect(broken).toBeDefined();
    const message = await ben.message('broken.bin');
    const directory = freshDirectory();
    await ben.service.downloadFileManually(String(message.ossKey), directory);
    expect(isSame(join(directory, String(message.ossKey)), content)).toBe(true);
    // It never began anew.
    expect(stored.lastIndexOf(0)).toBeLessThanOrEqual(stored.findIndex((bytes) => bytes > 0));
    await ann.service.logout();
    await proxy.close();
  });

  test('goes on with a download that is cut again and again', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const content = randomBytes(3_000_000);
    const ben = await gateway.login('ben');
    await ann.service.sendMessage(makeFile('large.bin', content), CommMsgType.FILE, 'ben');
    const { ossKey } = await ben.message('large.bin');
    // Nothing gets through in one go but the WebSocket, on which little is said.
    const proxy = await openCuttingProxy(gateway.http, 600_000);
    const cid = await gateway.login('cid', { port: proxy.port });
    const directory = freshDirectory();
    await cid.service.downloadFileManually(String(ossKey), directory);
    expect(proxy.cutSoFar()).toBeGreaterThan(3);
    expect(isSame(join(directory, String(ossKey)), content)).toBe(true);
    expect(readdirSync(join(directory, 'cross_comm', 'ann'))).toHaveLength(1);
    await cid.service.logout();
    proxy.server.close();
  });

  test('gets an object into memory, with its content type', { timeout: TIMEOUT_MS }, async () => {
    const ben = await gateway.login('ben');
    const put = async (content: Uint8Array, type: string): Promise<string> => {
      const url = `http://127.0.0.1:${gateway.http.port}/objects/a`;
      const answer = await fetch(url, { method: 'PUT', body: content, headers: { 'content-type': type } });
      return ((await answer.json()) as { key: string }).key;
    };
    const content = randomBytes(3_000_000);
    const proxy = await openCuttingProxy(gateway.http, 600_000);
    const cid = await gateway.login('cid', { port: proxy.port });
    const blob = await cid.service.download(await put(content, 'image/jpeg'));
    expect(proxy.cutSoFar()).toBeGreaterThan(3);
    expect([blob.type, blob.size]).toEqual(['image/jpeg', content.length]);
    expect(Buffer.from(await blob.arrayBuffer()).equals(content)).toBe(true);
    const empty = await ben.service.download(await put(new Uint8Array(), 'text/plain'));
    expect([empty.type, empty.size]).toEqual(['text/plain', 0]);
    await cid.service.logout();
    proxy.server.close();
  });

  test.each([
    ['cross_comm/a/1_00000000_folder/', 'name_invalid', /downloadFileManually/],
    ['../status', 'name_invalid', /is no path/],
    ['%2e%2e/status', 'no_file', /There is no object/],
    ['', 'name_invalid', /is no path/],
    ['cross_comm/a/1_0.txt', 'no_file', /There is no object/],
  ])('gets nothing into memory for the key %j, and says why', async (key, code, message) => {
    const { service } = await gateway.login('ben');
    await expect(service.download(key)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('downloads a folder', { timeout: TIMEOUT_MS }, async () => {
    const key = 'cross_comm/python/1795476531059_6ad035a5_folder/';
    for (const path of ['top.txt', 'deep/Grüße +1% & more.txt']) {
      const name = path.split('/').map(encodeURIComponent).join('/');
      const query = 'from=python&folder=1795476531059_6ad035a5_folder';
      const url = `http://127.0.0.1:${gateway.http.port}/objects/${name}?${query}`;
      expect((await fetch(url, { method: 'PUT', body: path })).status).toBe(201);
    }
    const { service } = await gateway.login('ben');
    const directory = freshDirectory();
    await service.downloadFileManually(key, directory);
    expect(readFileSync(join(directory, key, 'top.txt'), 'utf8')).toBe('top.txt');
    expect(readFileSync(join(directory, key, 'deep', 'Grüße +1% & more.txt'), 'utf8')).toContain('deep/');
  });

  test.each(['../outside', 'a/../../outside', '/etc/outside', 'a//b', 'a\\..\\b', 'c:b', 'a\0b', `${'x'.repeat(300)}`])(
    'writes nothing for the key %j',
    async (key) => {
      const { service } = await gateway.login('ben');
      const directory = freshDirectory();
      await expect(service.downloadFileManually(key, directory)).rejects.toMatchObject({ code: 'name_invalid' });
      expect(existsSync(directory)).toBe(false);
    },
  );

  test('says what is not there, and leaves nothing behind', async () => {
    const { service } = await gateway.login('ben');
    const directory = freshDirectory();
    const missing = { code: 'no_file' };
    await expect(service.downloadFileManually('cross_comm/a/1_0.txt', directory)).rejects.toMatchObject(missing);
    expect(readdirSync(join(directory, 'cross_comm', 'a'))).toEqual([]);
    const nothing = 'cross_comm/a/1_00000000_folder/';
    await expect(service.downloadFileManually(nothing, directory)).rejects.toMatchObject(missing);
  });

  test('says at once which file no gateway can be offered', async () => {
    const { service } = await gateway.login('ann');
    const huge = makeFile('huge.bin', new Uint8Array(1));
    truncateSync(huge, 2 ** 32);
    for (const [content, code] of [
      [huge, 'too_large'],
      [new File(['x'], 'x'.repeat(256)), 'name_invalid'],
      [new File(['x'], ''), 'name_invalid'],
    ] as const) {
      await expect(service.sendMessage(content, CommMsgType.FILE, 'ben')).rejects.toMatchObject({ code });
    }
  });

  test('says which file it cannot send', async () => {
    const { service } = await gateway.login('ann');
    for (const content of [join(folder, 'nothing'), folder, 7]) {
      await expect(service.sendMessage(content, CommMsgType.FILE, 'ben')).rejects.toMatchObject({
        code: 'bad_content',
      });
    }
  });
});
