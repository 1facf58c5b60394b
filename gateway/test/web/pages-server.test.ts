import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { buildHouse } from '@crosscomm/testing/test-hub';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OriginRules } from '../../src/web/origin-rules.ts';
import { createPagesServer } from '../../src/web/pages-server.ts';

const PAGE = '<!doctype html><title>Mine</title>';

/** A folder of pages with a few files, and a server of it. */
async function open(): Promise<{ app: FastifyInstance; folder: string; outside: string }> {
  const outside = await temporaryFolder();
  const folder = join(outside, 'www');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'a b.json'), '{}');
  writeFileSync(join(folder, 'deep', 'index.html'), 'deep');
  for (const name of ['app.js', 'app.mjs', 'style.css', 'photo.jpg', 'model.wasm', 'drawing.svg']) {
    writeFileSync(join(folder, name), '0123456789');
  }
  const originRules = new OriginRules({ machineName: () => 'pi' });
  const app = await createPagesServer({ context: buildHouse(), folder, originRules, maxConnections: 100 });
  onTestFinished(() => app.close());
  return { app, folder, outside };
}

describe('the folder of pages', () => {
  it('makes no fault of an icon that it does not have, as browsers ask for it by themselves', async () => {
    const { app, folder } = await open();
    expect((await app.inject('/favicon.ico')).statusCode).toBe(204);
    writeFileSync(join(folder, 'favicon.ico'), 'icon');
    expect((await app.inject('/favicon.ico')).body).toBe('icon');
    expect((await app.inject('/nothing.html')).statusCode).toBe(404);
  });

  it('has its index.html at / and at each folder, asked for again only where it changed', async () => {
    const { app, folder } = await open();
    const answer = await app.inject('/?from=somewhere');
    expect([answer.statusCode, answer.body]).toEqual([200, PAGE]);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      vary: 'Origin',
    });
    expect((await app.inject('/deep/')).body).toBe('deep');
    expect((await app.inject('/deep')).headers.location).toBe('/deep/');
    const headers = { 'if-none-match': String(answer.headers.etag) };
    expect((await app.inject({ url: '/', headers })).statusCode).toBe(304);
    const since = { 'if-modified-since': String(answer.headers['last-modified']) };
    expect((await app.inject({ url: '/', headers: since })).statusCode).toBe(304);
    writeFileSync(join(folder, 'index.html'), `${PAGE}!`);
    utimesSync(join(folder, 'index.html'), 2e9, 2e9);
    expect((await app.inject({ url: '/', headers })).body).toBe(`${PAGE}!`);
  });

  it.each([
    ['/app.js', /javascript/],
    ['/app.mjs', /javascript/],
    ['/style.css', /^text\/css/],
    ['/photo.jpg', /^image\/jpeg$/],
    ['/model.wasm', /^application\/wasm$/],
    ['/drawing.svg', /^image\/svg\+xml/],
    ['/a%20b.json', /^application\/json/],
  ])('gives out %s as what it is', async (path, type) => {
    const { app } = await open();
    const answer = await app.inject(path);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringMatching(type)]);
  });

  it('gives out parts of a file, as players of films ask, and its head', async () => {
    const { app } = await open();
    const part = await app.inject({ url: '/app.js', headers: { range: 'bytes=2-4' } });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    const beyond = await app.inject({ url: '/app.js', headers: { range: 'bytes=20-' } });
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
    const head = await app.inject({ method: 'HEAD', url: '/app.js' });
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '10', '']);
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/deep/../../secret.txt',
    '/deep/..%5c..%5csecret.txt',
    '//secret.txt',
    '/%00',
    '/%ff',
    '/%',
    `/${'a'.repeat(5000)}`,
  ])('has nothing at %j', async (path) => {
    const { app } = await open();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    // As it is: fetch and inject would tidy up the path.
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path }, async (answer) => {
        resolve([answer.statusCode, (await answer.toArray()).join('')]);
      }).on('error', reject);
    });
    expect([400, 403, 404]).toContain(status);
    expect(JSON.parse(body).error.message).not.toContain('INTERNAL');
    expect(body).not.toContain('secret\n');
  });

  it('hides what begins with a dot, and follows no link out', async () => {
    const { app, folder, outside } = await open();
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git', 'config'), 'token');
    writeFileSync(join(folder, '.env'), 'token');
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
    symlinkSync(outside, join(folder, 'out'));
    symlinkSync(join(folder, 'app.js'), join(folder, 'same.js'));
    for (const path of ['/.env', '/.git/config', '/deep/.hidden'])
      expect((await app.inject(path)).statusCode).toBe(404);
    for (const path of ['/link.txt', '/out/secret.txt']) {
      const answer = await app.inject(path);
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, 'PEER_NOT_ALLOWED']);
    }
    expect((await app.inject('/same.js')).body).toBe('0123456789');
  });

  it('waits for nothing that is no file', async () => {
    const { app, folder } = await open();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect((await app.inject('/pipe')).statusCode).toBe(404);
  });

  it('may be a link, and lead elsewhere later', async () => {
    const { outside } = await open();
    renameSync(join(outside, 'www'), join(outside, 'one'));
    mkdirSync(join(outside, 'two'));
    writeFileSync(join(outside, 'two', 'index.html'), 'two');
    symlinkSync('one', join(outside, 'current'));
    const originRules = new OriginRules({ machineName: () => 'pi' });
    const folder = join(outside, 'current');
    const app = await createPagesServer({ context: buildHouse(), folder, originRules, maxConnections: 100 });
    onTestFinished(() => app.close());
    expect((await app.inject('/')).body).toBe(PAGE);
    symlinkSync('two', join(outside, 'next'));
    renameSync(join(outside, 'next'), folder);
    expect((await app.inject('/')).body).toBe('two');
  });

  it('is only read, and only by names of the machine', async () => {
    const { app } = await open();
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      expect((await app.inject({ method, url: '/index.html' })).statusCode).toBe(404);
    }
    expect((await app.inject({ url: '/', headers: { host: 'evil.example:9897' } })).statusCode).toBe(421);
  });

  it('must be there', async () => {
    const folder = join(await temporaryFolder(), 'none');
    const originRules = new OriginRules({ machineName: () => 'pi' });
    const opening = createPagesServer({ context: buildHouse(), folder, originRules, maxConnections: 100 });
    await expect(opening).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('pages.folder'),
    });
  });
});
