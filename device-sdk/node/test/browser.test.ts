import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { CommMsgType } from '@crosscomm/client';
import { BrowserPage } from '@crosscomm/testing/browser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCuttingProxy } from './support/cutting-proxy.ts';
import { TestClient, TestGateway } from './support/gateway.ts';
import { servePage } from './support/web-page.ts';

/** What a module and all that it imports import from packages, types aside. */
function packagesOf(module: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(module.href)) return packages;
  seen.add(module.href);
  const text = readFileSync(module, 'utf8');
  for (const [, isType, name = ''] of text.matchAll(/^(?:im|ex)port (type )?[^;]*?from '([^']+)';/gms)) {
    if (isType) continue;
    if (!name.startsWith('.')) packages.add(name);
    else for (const inner of packagesOf(new URL(name, module), seen)) packages.add(inner);
  }
  return packages;
}

describe('the part for browsers', () => {
  test('imports nothing that only Node has', () => {
    expect([...packagesOf(new URL('../src/browser.ts', import.meta.url))]).toEqual(['@crosscomm/protocol']);
    expect([...packagesOf(new URL('../../protocol/src/index.ts', import.meta.url))]).toEqual(['cbor-x/encode']);
    expect([...packagesOf(new URL('../src/index.ts', import.meta.url))].sort()).toEqual([
      '@crosscomm/protocol',
      'node:fs',
      'node:fs/promises',
      'node:https',
      'node:os',
      'node:path',
      'node:stream',
      'ws',
    ]);
  });
});

describe('in Chromium, without a bundler', () => {
  const gateway = new TestGateway();
  let node: TestClient;
  let server: Server;
  let page: BrowserPage;

  beforeAll(async () => {
    await gateway.start();
    node = new TestClient({ clientId: 'node', ...gateway.http });
    await node.service.login();
    const served = await servePage();
    server = served.server;
    page = await BrowserPage.open(served.url);
    await page.evaluate(`(async () => {
      const { CrossCommService, CommMsgType } = await import('@crosscomm/client');
      const client = new CrossCommService({ clientId: 'page', ip: '127.0.0.1', port: ${gateway.http.port} });
      const heard = [];
      let waiting = [];
      client.messageListener({}, (message) => {
        heard.push(message);
        for (const look of waiting) look();
      });
      globalThis.next = () => new Promise((resolve) => {
        const look = () => heard.length > 0 && resolve(heard.shift());
        waiting = [look];
        look();
      });
      Object.assign(globalThis, { client, CommMsgType, CrossCommService });
      await client.login();
    })()`);
  });
  afterAll(async () => {
    await page?.close();
    server?.close();
    await node?.service.logout();
    await gateway.dispose();
  });

  test('it logs in by frames, and is seen', async () => {
    expect(await page.evaluate('client.status')).toEqual({ state: 'online', protocol: 'frames' });
    expect(await node.service.getOnlineClients()).toContain('page');
    expect(await page.evaluate('new CrossCommService().clientId')).toMatch(/^js-[0-9a-f]{6}$/);
  });

  test('messages go both ways', async () => {
    expect(await page.evaluate(`client.sendMessage({ led: 1, list: [1.5] }, CommMsgType.DICT, 'node')`)).toBe(true);
    expect(await node.message({ led: 1, list: [1.5] })).toMatchObject({ fromClientId: 'page' });
    await page.evaluate(`client.sendMessage(new Uint8Array([0, 255]), CommMsgType.BYTES, 'node')`);
    await node.message(new Uint8Array([0, 255]));
    await node.service.send('page', 'grüß dich');
    expect(await page.evaluate('next()')).toMatchObject({ fromClientId: 'node', content: 'grüß dich' });
  });

  test('it sends a file', async () => {
    const sent = `client.sendMessage(new File(['content'], 'page.txt'), CommMsgType.FILE, 'node')`;
    expect(await page.evaluate(sent)).toBe(true);
    const { ossKey } = await node.message('page.txt');
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/objects/${ossKey}`);
    expect(await answer.text()).toBe('content');
  });

  test('it gets a file, though its page is of another origin, and goes on where its connection broke', async () => {
    const content = randomBytes(2_000_000);
    await node.service.sendMessage(new File([content], 'photo.bin'), CommMsgType.FILE, 'page');
    expect(await page.evaluate('next().then((message) => (globalThis.key = message.ossKey))')).toMatch(/\.bin$/);
    const proxy = await openCuttingProxy(gateway.http, 600_000);
    const digest = await page.evaluate(`(async () => {
      const far = new CrossCommService({ clientId: 'far', ip: '127.0.0.1', port: ${proxy.port} });
      await far.login();
      const blob = await far.download(key);
      await far.logout();
      const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
      return blob.type + ' ' + Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    })()`);
    expect(proxy.cutSoFar()).toBeGreaterThan(2);
    expect(digest).toBe(`application/octet-stream ${createHash('sha256').update(content).digest('hex')}`);
    proxy.server.close();
    expect(await page.evaluate(`client.download(key + '0').catch(({ code }) => code)`)).toBe('no_file');
    expect(await page.evaluate(`client.download('a/').catch(({ code }) => code)`)).toBe('name_invalid');
  });

  test('it sends a folder as a person has chosen it', async () => {
    const sent = `client.sendMessage(['a.txt', 'deep/b.txt'].map((path) => {
      const file = new File([path], path.split('/').at(-1));
      return Object.defineProperty(file, 'webkitRelativePath', { value: 'Fotos/' + path });
    }), CommMsgType.FOLDER, 'node')`;
    expect(await page.evaluate(sent)).toBe(true);
    const { ossKey, msgType } = await node.message('Fotos');
    expect(msgType).toBe('folder');
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/objects/${ossKey}deep/b.txt`);
    expect(await answer.text()).toBe('deep/b.txt');
    const none = `client.sendMessage([new File(['a'], 'a')], CommMsgType.FOLDER, 'node').catch(({ code }) => code)`;
    expect(await page.evaluate(none)).toBe('bad_content');
  });

  test('calls go both ways', async () => {
    await node.service.register('node', 'add', ({ a, b }) => ({ sum: a + b }));
    expect(await page.evaluate(`client.call('node', 'add', { a: 1, b: 2 })`)).toEqual({ sum: 3 });
    await page.evaluate(`client.register('page', 'title', () => ({ title: document.title })).then(() => true)`);
    expect(await node.service.call('page', 'title')).toEqual({ title: 'client' });
  });

  test('it cannot be a server, and says so', async () => {
    const attempt = `new CrossCommService({ role: 'server' }).startServer().catch(({ code }) => code)`;
    expect(await page.evaluate(attempt)).toBe('no_gateway');
  });
});
