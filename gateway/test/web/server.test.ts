import { connect } from 'node:net';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, describe, expect, it } from 'vitest';
import { buildWebHouse, type WebHouse } from './support.ts';

let house: WebHouse;
afterEach(() => house.app.close());

describe('the web server', () => {
  it('lists channels as text', async () => {
    house = await buildWebHouse();
    const anna = new MemorySession('anna', 'mqtt');
    house.hub.join(anna);
    for (const channel of ['room', 'safe:secret', 'all/#']) house.hub.subscribe(anna, channel);
    const answer = await house.app.inject('/channels');
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toBe('echo, heyOOCSIClient, heyOOCSI!, anna, room');
  });

  it('refuses a name that is not its own, also where there is nothing, and a foreign page that would act', async () => {
    house = await buildWebHouse();
    const evil = { host: 'evil.example:9898' };
    for (const url of ['/', '/status', '/nothing', '/objects/x']) {
      const answer = await house.app.inject({ url, headers: evil });
      expect([answer.statusCode, answer.json().error.code]).toEqual([421, 'PEER_NOT_ALLOWED']);
    }
    const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    const posted = await house.app.inject({ method: 'POST', url: '/send/x', headers, payload: '{"sender":"a"}' });
    expect([posted.statusCode, posted.json().error.message]).toEqual([403, expect.stringContaining('http.origins')]);
    for (const url of ['/lamp/on', '/subscribe/lamp']) {
      const answer = await house.app.inject({ url, headers: { 'sec-fetch-site': 'cross-site' } });
      expect(answer.statusCode).toBe(403);
    }
    expect((await house.app.inject({ url: '/status', headers: { origin: 'https://evil.example' } })).statusCode).toBe(
      200,
    );
    expect(house.hub.counters.messages).toBe(0);
  });

  it('tells the browser of a page that may act so, and of no other', async () => {
    house = await buildWebHouse();
    const ask = (origin: string) =>
      house.app.inject({
        method: 'OPTIONS',
        url: '/send/x',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      });
    const own = await ask('http://localhost:5173');
    expect([own.statusCode, own.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': 'http://localhost:5173',
        'access-control-allow-headers': 'content-type',
        vary: 'Origin',
      },
    ]);
    const foreign = await ask('https://evil.example');
    expect([foreign.statusCode, foreign.headers['access-control-allow-origin']]).toEqual([405, undefined]);
  });

  it('has a page to begin with, which no other page can show', async () => {
    house = await buildWebHouse();
    const answer = await house.app.inject('/examples/web-lamp.html');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toBe("frame-ancestors 'none'");
    expect(answer.body).toContain('<title>Lamp</title>');
  });

  it('tells its state', async () => {
    house = await buildWebHouse({ version: '1.2.3', doors: () => ({ oocsi: { host: '127.0.0.1', port: 4445 } }) });
    const anna = new MemorySession('anna', 'serial');
    const bert = new MemorySession('bert');
    for (const session of [anna, bert]) house.hub.join(session);
    house.hub.leave(bert, 'closed');
    await house.app.inject('/nothing');
    const status = (await house.app.inject('/status')).json();
    expect(status).toEqual({
      channelCount: 3,
      version: '1.2.3',
      sharedIds: [],
      nowMs: expect.any(Number),
      uptimeMs: expect.any(Number),
      doors: { oocsi: { host: '127.0.0.1', port: 4445 } },
      clients: {
        online: 1,
        known: 2,
        list: [{ id: 'anna', protocol: 'serial', sinceMs: house.clock.now(), proof: 'none' }],
      },
      channels: ['echo', 'heyOOCSIClient', 'heyOOCSI!'],
      counters: house.hub.counters,
      incidents: { 'http PEER_NOT_FOUND': 1 },
    });
  });

  it('knows its own version', async () => {
    house = await buildWebHouse();
    expect((await house.app.inject('/status')).json().version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('answers what it does not know with one sentence', async () => {
    house = await buildWebHouse();
    const unknown = await house.app.inject({ method: 'DELETE', url: '/room?x=1' });
    expect([unknown.statusCode, unknown.json()]).toEqual([
      404,
      { error: { code: 'PEER_NOT_FOUND', message: 'There is no DELETE /room here; see / for what there is.' } },
    ]);
    // The address is known, and another method is meant.
    const other = await house.app.inject({ method: 'POST', url: '/api/v1/clients/lamp' });
    expect([other.statusCode, other.headers.allow, other.json().error]).toEqual([
      405,
      'DELETE, GET, HEAD',
      {
        code: 'PEER_NOT_FOUND',
        message: 'There is no POST /api/v1/clients/lamp here; there is DELETE, GET, HEAD.',
      },
    ]);
    for (const url of ['/api/v1/clients/a/b', '/api/v1/nothing', '/a/b']) {
      expect((await house.app.inject({ method: 'PATCH', url })).statusCode).toBe(404);
    }
    const bad = await house.app.inject('/subscribe/%ZZ');
    expect([bad.statusCode, bad.json().error.code]).toEqual([400, 'PEER_MALFORMED']);
  });

  it('answers what is not HTTP in the same form', async () => {
    house = await buildWebHouse();
    await house.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = house.app.server.address() as { port: number };
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('sensor(JSON)\nsubscribe x\n'));
      socket.on('data', (chunk) => {
        received += chunk.toString();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('"code":"PEER_MALFORMED"');
  });
});
