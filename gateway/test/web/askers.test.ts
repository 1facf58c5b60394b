import { MemorySession } from '@crosscomm/testing/test-hub';
import type { LightMyRequestResponse } from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OriginRules } from '../../src/web/origin-rules.ts';
import { addAccount, basic, bearer, passwordOf } from './accounts.ts';
import { buildWebHouse, type WebHouse } from './support.ts';

const LISTED = 'https://editor.example';
const FOREIGN = 'https://evil.example';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36';

let house: WebHouse;
let token: string;

beforeEach(async () => {
  const originRules = new OriginRules({ machineName: () => 'pi', origins: [LISTED] });
  house = await buildWebHouse({ originRules }, { anonymous: 'loopback' });
  onTestFinished(() => house.app.close());
  token = await addAccount(house, 'anna');
});

type Asked = {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'OPTIONS';
  headers?: Record<string, string>;
  body?: object;
};

/** Asks from elsewhere on the network. */
async function ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<LightMyRequestResponse> {
  const remoteAddress = '192.168.1.50';
  return await house.app.inject({ method, url, headers, remoteAddress, ...(body ? { payload: body } : {}) });
}

async function signIn(headers: Record<string, string> = {}): Promise<string> {
  const body = { account: 'anna', password: passwordOf('anna') };
  const answer = await ask('/api/v1/session', { method: 'POST', headers, body });
  expect(answer.statusCode).toBe(200);
  return String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
}

describe('a request from elsewhere', () => {
  it('is told with 401 how to prove itself', async () => {
    for (const url of ['/status', '/channels', '/subscribe/lamp', '/lamp/on', '/api/v1/session']) {
      const answer = await ask(url);
      expect([url, answer.statusCode, answer.json().error.code]).toEqual([url, 401, 'PEER_NOT_ALLOWED']);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="CrossComm Gateway", charset="UTF-8"');
    }
    const send = await ask('/send/lamp', { method: 'POST', body: { sender: 'x' } });
    expect(send.statusCode).toBe(401);
  });

  it('does nothing wrong where it only asks who it is, as a browser does before somebody signs in', async () => {
    await ask('/api/v1/session');
    expect(house.incidents.list()).toEqual([]);
    await ask('/status');
    expect(house.incidents.list()).toMatchObject([{ code: 'PEER_NOT_ALLOWED', count: 1 }]);
  });

  it('brings a token or a password, or a wrong one', async () => {
    const given = [bearer(token), basic('anna', token), basic('', token), basic('anna', passwordOf('anna'))];
    for (const headers of given) expect((await ask('/status', { headers })).statusCode).toBe(200);
    const wrong = [
      bearer(token.toLowerCase()),
      basic('ben', token.slice(1)),
      basic('anna', 'no'),
      basic('nobody', 'no'),
    ];
    for (const headers of wrong) expect((await ask('/status', { headers })).statusCode).toBe(401);
  });

  it('sends under its own names and free ones, and under nobody else’s', async () => {
    await addAccount(house, 'ben');
    const reader = new MemorySession('lamp');
    house.hub.join(reader);
    const send = (sender: string): Promise<LightMyRequestResponse> =>
      ask('/send/lamp', { method: 'POST', headers: bearer(token), body: { sender, led: 1 } });
    expect((await send('anna-phone')).statusCode).toBe(200);
    expect((await send('free')).statusCode).toBe(200);
    const refused = await send('ben-phone');
    expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([403, undefined]);
    const nameless = await ask('/send/lamp', { method: 'POST', headers: bearer(token), body: { led: 1 } });
    expect(nameless.statusCode).toBe(200);
    expect(reader.received.map(({ from }) => from)).toEqual(['anna-phone', 'free', 'anna']);
    expect((await ask('/send/lamp', { method: 'POST', body: { led: 1 } })).statusCode).toBe(401);
  });

  it('needs no proof for what says nothing of anybody', async () => {
    for (const url of ['/', '/healthz', '/examples/', '/favicon.ico']) {
      expect((await ask(url)).statusCode).toBeLessThan(300);
    }
  });

  it('is no program of this machine because a proxy of this machine passes it on', async () => {
    const direct = await house.app.inject({ url: '/status' });
    const passed = await house.app.inject({ url: '/status', headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect([direct.statusCode, passed.statusCode]).toEqual([200, 401]);
  });

  it('is not asked over a page by the browser, where a page asks', async () => {
    const page = { 'user-agent': CHROME, accept: '*/*' };
    expect((await ask('/status', { headers: page })).headers['www-authenticate']).toBe(
      'Bearer realm="CrossComm Gateway"',
    );
    const visit = { 'user-agent': CHROME, accept: 'text/html,*/*;q=0.8' };
    expect((await ask('/status', { headers: visit })).headers['www-authenticate']).toMatch(/^Basic /);
  });
});

describe('a page that has signed in', () => {
  it('has a cookie that no script and no other site can use', async () => {
    const answer = await ask('/api/v1/session', {
      method: 'POST',
      body: { account: 'anna', password: passwordOf('anna') },
    });
    expect(answer.json()).toEqual({ account: 'anna', proof: 'password', mayOperate: false });
    expect(answer.headers['set-cookie']).toMatch(
      /^crosscomm_session=[A-Za-z0-9]{32}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Strict$/,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is who it was, until it signs out', async () => {
    const cookie = await signIn();
    const known = await ask('/api/v1/session', { headers: { cookie } });
    expect(known.json()).toMatchObject({ account: 'anna' });
    expect(known.headers['set-cookie']).toContain(cookie);
    expect((await ask('/status', { headers: { cookie } })).statusCode).toBe(200);
    const out = await ask('/api/v1/session', { method: 'DELETE', headers: { cookie } });
    expect([out.statusCode, out.headers['set-cookie']]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await ask('/status', { headers: { cookie } })).statusCode).toBe(401);
  });

  it('is signed out with its password, its account, or when it has signed in in too many places', async () => {
    const changed = await signIn();
    await house.accounts.update('anna', (account) => ({ ...account, password: '$sha256$x' }));
    expect((await ask('/status', { headers: { cookie: changed } })).statusCode).toBe(401);
    const byToken = await ask('/api/v1/session', { method: 'POST', headers: bearer(token) });
    const first = String(byToken.headers['set-cookie']).split(';', 1)[0] as string;
    for (let times = 0; times < 20; times++) await ask('/api/v1/session', { method: 'POST', headers: bearer(token) });
    expect((await ask('/status', { headers: { cookie: first } })).statusCode).toBe(401);
    const last = await ask('/api/v1/session', { method: 'POST', headers: bearer(token) });
    const cookie = String(last.headers['set-cookie']).split(';', 1)[0] as string;
    expect((await ask('/status', { headers: { cookie } })).statusCode).toBe(200);
    await house.accounts.remove('anna');
    expect((await ask('/status', { headers: { cookie } })).statusCode).toBe(401);
  });

  it('does not sign in with a wrong password, nor without any', async () => {
    const wrong = await ask('/api/v1/session', { method: 'POST', body: { account: 'anna', password: 'x' } });
    const none = await ask('/api/v1/session', { method: 'POST', body: {} });
    expect([wrong.statusCode, none.statusCode]).toEqual([401, 401]);
    expect([wrong.headers['set-cookie'], none.headers['set-cookie']]).toEqual([undefined, undefined]);
    expect(wrong.body).not.toContain('anna');
  });
});

describe('what a browser adds by itself', () => {
  const own = { host: '192.168.1.2:9898', origin: 'http://192.168.1.2:9898' };
  const cases: [string, Record<string, string>, number][] = [
    ['the gateway’s own', own, 200],
    ['a listed one', { ...own, origin: LISTED }, 200],
    ['a foreign one', { ...own, origin: FOREIGN }, 401],
    ['one on another port of this machine', { ...own, origin: 'http://localhost:3000' }, 401],
    ['one of a disk', { ...own, origin: 'file://' }, 401],
    ['one that hides', { ...own, origin: 'null' }, 401],
    ['its own, as the browser says', { host: own.host, 'sec-fetch-site': 'same-origin' }, 200],
    ['a foreign one, as the browser says', { host: own.host, 'sec-fetch-site': 'cross-site' }, 401],
    ['another port, as the browser says', { host: own.host, 'sec-fetch-site': 'same-site' }, 401],
  ];
  it.each(cases)('counts where the page is %s', async (_, page, status) => {
    const cookie = await signIn();
    // Another page than the gateway's own is refused for what it is (403), or as somebody without a credential (401).
    const expected = status === 200 ? [200] : [401, 403];
    for (const headers of [{ cookie }, basic('anna', passwordOf('anna'))] as Record<string, string>[]) {
      expect(expected).toContain((await ask('/status', { headers: { ...page, ...headers } })).statusCode);
    }
  });

  it('counts for a GET that acts only where the page is surely the gateway’s own', async () => {
    house.hub.join(new MemorySession('lamp'));
    const headers = { host: own.host, 'user-agent': CHROME, ...basic('anna', passwordOf('anna')) };
    expect((await ask('/nobody/on', { headers })).statusCode).toBe(401);
    expect((await ask('/nobody/on', { headers: { ...headers, referer: 'http://evil.example/' } })).statusCode).toBe(
      403,
    );
    expect((await ask('/nobody/on', { headers: { ...headers, referer: `${own.origin}/x` } })).statusCode).toBe(404);
    const program = { host: own.host, ...basic('anna', passwordOf('anna')) };
    expect((await ask('/nobody/on', { headers: program })).statusCode).toBe(404);
  });

  it('is not what a page of another origin gets: it cannot sign in with a cookie', async () => {
    const headers = { ...own, origin: FOREIGN };
    const body = { account: 'anna', password: passwordOf('anna') };
    expect((await ask('/api/v1/session', { method: 'POST', headers, body })).statusCode).toBe(403);
    const withToken = { ...headers, ...bearer(token) };
    const answer = await ask('/api/v1/session', { method: 'POST', headers: withToken });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });
});

describe('a page of any origin', () => {
  it('acts and reads with a token that it brings itself', async () => {
    const headers = { origin: FOREIGN, ...bearer(token) };
    const status = await ask('/status', { headers });
    expect([status.statusCode, status.headers['access-control-allow-origin']]).toEqual([200, FOREIGN]);
    expect(status.headers['access-control-allow-credentials']).toBeUndefined();
    const send = await ask('/send/lamp', { method: 'POST', headers, body: { sender: 'page' } });
    expect(send.statusCode).toBe(200);
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
    const before = await ask('/send/lamp', { method: 'OPTIONS', headers: { origin: FOREIGN, ...asked } });
    expect([before.statusCode, before.headers['access-control-allow-origin']]).toEqual([204, FOREIGN]);
  });

  it.each(['allow', 'loopback'] as const)(
    'does neither without one, or with a wrong one (anonymous: %s)',
    async (anonymous) => {
      await house.app.close();
      house = await buildWebHouse({}, { anonymous });
      const remoteAddress = anonymous === 'loopback' ? '127.0.0.1' : '192.168.1.50';
      for (const more of [{}, bearer('A'.repeat(32)), basic('anna', 'x')] as Record<string, string>[]) {
        const headers = { origin: FOREIGN, ...more };
        for (const [method, url] of [
          ['GET', '/subscribe/lamp'],
          ['GET', '/nobody/call'],
          ['POST', '/send/lamp'],
          ['DELETE', '/api/v1/session'],
          ['POST', '/nothing'],
        ] as const) {
          const answer = await house.app.inject({ method, url, headers, remoteAddress, payload: { sender: 'page' } });
          expect([401, 403]).toContain(answer.statusCode);
        }
      }
      expect(house.hub.counters.messages).toBe(0);
    },
  );
});
