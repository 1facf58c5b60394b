import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../src/web/dashboard.ts';
import { buildWebHouse, type WebHouse } from './support.ts';

describe('the files of the dashboard', () => {
  let house: WebHouse;
  let script: string;

  beforeAll(async () => {
    house = await buildWebHouse();
    const { body } = await house.app.inject('/');
    script = /src="(\/dashboard\/assets\/[^"]+\.js)"/.exec(body)?.[1] ?? '';
  });
  afterAll(() => house.app.close());

  it('are a page that loads only what comes from the gateway, and cannot be framed', async () => {
    const { headers, body } = await house.app.inject('/');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-cache');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(body).not.toMatch(/<script>|<style|style="| on\w+="/);
    expect(body).toContain('<noscript>');
    expect(body).toContain('href="/status"');
  });

  it('are kept by browsers for ever, and come compressed as the browser takes them', async () => {
    const get = (encoding: string) => house.app.inject({ url: script, headers: { 'accept-encoding': encoding } });
    const plain = await get('identity');
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(plain.headers.vary).toContain('Accept-Encoding');
    const [br, gzip] = [await get('gzip, deflate, br'), await get('gzip, br;q=0')];
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.rawPayload)).toEqual(plain.rawPayload);
    expect(gunzipSync(gzip.rawPayload)).toEqual(plain.rawPayload);
  });

  it('are all that is given out', async () => {
    for (const name of [
      '..%2findex.html',
      '%2e%2e%2f..%2fpackage.json',
      '.vite',
      'nothing.js',
      `${script.split('/').pop()}.gz`,
    ]) {
      const { statusCode } = await house.app.inject(`/dashboard/assets/${name}`);
      expect([name, statusCode]).toEqual([name, 404]);
    }
  });

  it('say how to make them where they were not built', async () => {
    const app: FastifyInstance = fastify();
    await app.register(dashboardFiles(await temporaryFolder()));
    const { statusCode, body } = await app.inject('/');
    expect([statusCode, body]).toEqual([200, expect.stringContaining('npm run build')]);
    await app.close();
  });
});
