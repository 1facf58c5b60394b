import { afterEach, describe, expect, it } from 'vitest';
import { buildWebHouse, type WebHouse } from './support.ts';

let house: WebHouse;
afterEach(() => house.app.close());

describe('what the gateway brings along', () => {
  it('is a module that pages of any origin may import, with its source map, and asked for again only where it changed', async () => {
    house = await buildWebHouse();
    const answer = await house.app.inject({ url: '/client.js', headers: { origin: 'https://elsewhere.example' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^(text|application)\/javascript/),
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-cache',
    });
    expect(answer.body).toMatch(/export\s*\{[^}]*\bconnect\b/);
    expect(answer.body).toMatch(/\/\/# sourceMappingURL=client\.js\.map\s*$/);
    const headers = { 'if-none-match': String(answer.headers.etag) };
    const again = await house.app.inject({ url: '/client.js', headers });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    const map = (await house.app.inject('/client.js.map')).json();
    expect(map.sources.some((source: string) => source.endsWith('device-sdk/node/src/served.ts'))).toBe(true);
    expect(map.sourcesContent).toHaveLength(map.sources.length);
  });

  it('says whose code is in the module', async () => {
    house = await buildWebHouse();
    expect((await house.app.inject('/client.js')).body).toMatch(/cbor-x [\d.]+:\s+MIT License/);
  });

  it('is packages for npm', async () => {
    house = await buildWebHouse();
    for (const name of ['crosscomm-client.tgz', 'crosscomm-protocol.tgz']) {
      const answer = await house.app.inject(`/${name}`);
      expect(answer.statusCode).toBe(200);
      expect([...answer.rawPayload.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    }
  });

  it('is pages to begin with, in a list, which no other page can show', async () => {
    house = await buildWebHouse();
    const list = await house.app.inject('/examples/');
    expect(list.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "frame-ancestors 'none'",
    });
    const names = [...list.body.matchAll(/<li><a href="([^"]+)">([^<]+)/g)].map(([, name, title]) => [name, title]);
    expect(names).toContainEqual(['web-lamp.html', 'Lamp']);
    for (const [name] of names) {
      const page = await house.app.inject(`/examples/${name}`);
      expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.headers['content-security-policy']).toBe("frame-ancestors 'none'");
    }
    expect((await house.app.inject('/examples')).headers.location).toBe('/examples/');
  });

  it('is nothing else', async () => {
    house = await buildWebHouse();
    for (const path of [
      '/examples/..%2fpackage.json',
      '/examples/%2e%2e/package.json',
      '/client.ts',
      '/examples/x.html',
    ]) {
      expect((await house.app.inject(path)).statusCode).toBeGreaterThanOrEqual(403);
    }
  });
});
