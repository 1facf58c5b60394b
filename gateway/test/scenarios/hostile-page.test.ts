import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { secretPassword, secretToken } from '@crosscomm/testing/secrets';
import mqtt from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = secretPassword();

describe('a page of another origin in the browser of somebody who is signed in, on the machine of the gateway', () => {
  const token = secretToken();
  const servers: Server[] = [];
  let gateway: GatewayProcess;
  let page: BrowserPage;
  let base: string;
  let foreign: string;
  let listed: string;

  beforeAll(async () => {
    const [port, listedPort] = [await serve(servers), await serve(servers)];
    listed = `http://127.0.0.1:${listedPort}`;
    // Anonymous programs of this machine may join, which a page is not.
    gateway = new GatewayProcess({
      ...{ auth: { anonymous: 'loopback' }, http: { origins: [listed] } },
      pages: { folder: './www', port: 0 },
    });
    mkdirSync(join(gateway.folder, 'www'));
    writeFileSync(join(gateway.folder, 'www', 'index.html'), '<!doctype html><title>mine</title>');
    await saveAccounts(gateway.dataDir, [accountOf('anna', { roles: ['admin'], token, password: PASSWORD })]);
    await gateway.start();
    base = `127.0.0.1:${gateway.ready.http.port}`;
    foreign = `http://foreign.test:${port}/`;
    const put = await fetch(`http://${base}/objects/a.png`, { method: 'PUT', body: 'secret', headers: bearer(token) });
    expect(put.status).toBe(201);
    page = await BrowserPage.open(`http://${base}/`, ['foreign.test']);
  });
  afterAll(async () => {
    await page?.close();
    for (const server of servers) server.close();
    await gateway?.dispose();
  });

  const operate = async <T>(path: string): Promise<T> =>
    (await (await fetch(`http://${base}${path}`, { headers: bearer(token) })).json()) as T;

  /** What the gateway says to a text that a page sends first over a WebSocket, and `closed` where it ends it. */
  const say = (path: string, text: string): Promise<unknown> =>
    page.evaluate(`new Promise((resolve) => {
      const heard = [];
      let isIn = false;
      const socket = new WebSocket('ws://${base}${path}');
      socket.onopen = () => socket.send(${JSON.stringify(text)});
      socket.onmessage = ({ data }) => {
        heard.push(data);
        if (isIn || !/welcome|success/.test(data)) return;
        isIn = true;
        socket.close();
      };
      // Not before its name is free again.
      socket.onclose = () => resolve([...heard, ...(isIn ? [] : ['closed'])].join(' '));
    })`);

  /** The return code of MQTT to a page that brings a password, or with '' none. */
  const connackOf = (password: string): Promise<unknown> => {
    const credential = password === '' ? {} : { username: 'anna', password: Buffer.from(password) };
    const packet = mqtt.generate({
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'anna-mqtt', clean: true, keepalive: 0 },
      ...credential,
    });
    return page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://${base}/mqtt', 'mqtt');
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => socket.send(new Uint8Array([${packet.join()}]));
      socket.onmessage = ({ data }) => resolve(new Uint8Array(data)[3]);
      socket.onclose = () => resolve('closed');
    })`);
  };

  /** Asks the gateway from a page whose account it is. */
  const whoAmI = (): string => `(async () => {
    const answer = await fetch('http://${base}/api/v1/session', { credentials: 'include' });
    return (await answer.json()).account;
  })()`;

  test('the gateway’s own page signs in, with a cookie that its script does not see', async () => {
    const answer = await page.evaluate(`(async () => {
      const body = JSON.stringify({ account: 'anna', password: '${PASSWORD}' });
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch('/api/v1/session', { method: 'POST', headers, body });
      const known = await (await fetch('/api/v1/session')).json();
      return [status, known, document.cookie];
    })()`);
    expect(answer).toEqual([200, { account: 'anna', proof: 'password', mayOperate: true }, '']);
  });

  test('the gateway’s own page is the account that signed in on its WebSockets, too', async () => {
    expect(await say('/', login('anna-login'))).toContain('success');
    expect(await say('/ws', 'anna-page')).toContain('welcome');
    expect(await connackOf('')).toBe(0);
    // A credential inside counts instead, right or wrong.
    expect(await connackOf('wrong')).toBe(4);
  });

  test('a page that http.origins lists is that account, where the browser gives it the cookie', async () => {
    await page.go(listed);
    expect(await say('/', login('anna-login'))).toContain('success');
    expect(await connackOf('')).toBe(0);
  });

  test('a page of the operator’s own folder is that account by HTTP and on its WebSockets', async () => {
    await page.go(`http://127.0.0.1:${gateway.ready.pages?.port}/`);
    expect(await page.evaluate(whoAmI())).toBe('anna');
    expect(await say('/', login('anna-login'))).toContain('success');
    expect(await say('/ws', 'anna-page')).toContain('welcome');
    expect(await connackOf('')).toBe(0);
    // As every other page, it gets the cookie where it goes by the gateway's own name alone.
    await page.go(`http://localhost:${gateway.ready.pages?.port}/`);
    expect(await page.evaluate(whoAmI())).not.toBe('anna');
    expect(await say('/ws', 'anna-page')).not.toContain('welcome');
  });

  test('a page of another port of this machine, to which the browser gives the cookie, is not that account', async () => {
    await page.go(foreign.replace('foreign.test', '127.0.0.1'));
    expect(await say('/', login('anna-login'))).not.toContain('success');
    expect(await say('/ws', 'anna-page')).not.toContain('welcome');
    expect(await connackOf('')).toBe(5);
  });

  test('the page of another origin reads nothing, sends nothing, uploads nothing and shows no image', async () => {
    const { objects } = await operate<{ objects: { key: string }[] }>('/api/v1/objects');
    const key = objects[0]?.key;
    expect(key).toMatch(/\.png$/);
    const before = await operate<Status>('/status');
    await page.go(foreign);
    const read = await page.evaluate(`(async () => {
      const read = [];
      const ask = async (path, init) => {
        try {
          const answer = await fetch('http://${base}' + path, { credentials: 'include', ...init });
          if (answer.type !== 'opaque') read.push([path, answer.status, await answer.text()]);
        } catch {}
      };
      const form = new FormData();
      form.append('file', new File(['x'], 'x.txt'));
      for (const mode of ['cors', 'no-cors']) {
        for (const path of ['/status', '/channels', '/api/v1/objects', '/api/v1/session', '/objects/${key}', '/operator']) {
          await ask(path, { mode });
        }
        await ask('/objects', { mode, method: 'POST', body: form });
        await ask('/send/lamp', { mode, method: 'POST', body: JSON.stringify({ sender: 'page', led: 1 }) });
        await ask('/send', { mode, method: 'POST', body: new URLSearchParams({ sender: 'page', channel: 'lamp' }) });
        await ask('/lamp/on', { mode });
        await ask('/subscribe/lamp', { mode });
      }
      await ask('/objects/x', { method: 'PUT', body: 'x' });
      await ask('/api/v1/accounts', { method: 'POST', body: '{"name":"eve"}' });
      const image = new Image();
      image.src = 'http://${base}/objects/${key}';
      await image.decode().then(() => read.push('image'), () => {});
      return read;
    })()`);
    expect(read).toEqual([]);
    const after = await operate<Status>('/status');
    expect(after.counters).toEqual(before.counters);
    expect(after.uploads).toEqual(before.uploads);
    expect((await operate<{ accounts: object[] }>('/api/v1/accounts')).accounts).toHaveLength(1);
  });

  test('it is let into no conversation, unless it brings a credential itself', async () => {
    const refused = await say('/', login('page'));
    expect(refused).toMatch(/closed$/);
    expect(refused).not.toContain('success');
    expect(await say('/ws', 'page')).toMatch(/closed$/);
    expect(await say('/ws', 'page:wrong')).toMatch(/closed$/);
    expect(await say('/ws', `anna-page:${token}`)).toContain('welcome');
    expect(await connackOf('')).toBe(5);
    expect(await connackOf('wrong')).toBe(4);
    expect(await connackOf(token)).toBe(0);
    const read = await page.evaluate(`(async () => {
      const headers = { authorization: 'Bearer ${token}' };
      return (await (await fetch('http://${base}/api/v1/session', { headers })).json()).account;
    })()`);
    expect(read).toBe('anna');
  });

  test('one that has its own name lead to the gateway is refused there', async () => {
    await page.go(`http://foreign.test:${gateway.ready.http.port}/`);
    expect(await page.evaluate('document.body.textContent')).toContain('http.hosts');
    const answers = await page.evaluate(`(async () => {
      const body = '{"sender":"page","led":1}';
      const asked = [['/status'], ['/send/lamp', { method: 'POST', body }], ['/objects/x', { method: 'PUT', body }]];
      return await Promise.all(asked.map(async ([path, init]) => (await fetch(path, init)).status));
    })()`);
    expect(answers).toEqual([421, 421, 421]);
    const opened = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://' + location.host + '/ws');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);
    expect(opened).toBe('refused');
  });

  test('signing out ends the WebSockets that were opened by the session', async () => {
    await page.go(`http://${base}/`);
    const ended = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://${base}/ws');
      socket.onopen = () => socket.send('anna-out');
      socket.onmessage = () => fetch('/api/v1/session', { method: 'DELETE' });
      socket.onclose = ({ code, reason }) => resolve([code, reason]);
    })`);
    expect(ended).toEqual([1008, 'signed out']);
    expect(await say('/ws', 'anna-out')).not.toContain('welcome');
  });

  test('a page that has a WebSocket open stays signed in, however often the account signs in elsewhere', async () => {
    const elsewhere = async (): Promise<void> => {
      for (let times = 0; times < 20; times++) {
        const { status } = await fetch(`http://${base}/api/v1/session`, { method: 'POST', headers: bearer(token) });
        expect(status).toBe(200);
      }
    };
    // A page that asks for nothing by itself: the dashboard would use what it is signed in by again and again.
    await page.go(`http://${base}/healthz`);
    await page.evaluate(`(async () => {
      const headers = { authorization: 'Bearer ${token}' };
      await fetch('/api/v1/session', { method: 'POST', headers });
      globalThis.open = new WebSocket('ws://${base}/ws');
      await new Promise((resolve) => {
        open.onopen = () => open.send('anna-tab');
        open.onmessage = resolve;
      });
    })()`);
    const isOpen = async (): Promise<boolean> =>
      (await operate<{ online: boolean }>('/api/v1/clients/anna-tab')).online;
    expect(await isOpen()).toBe(true);
    await elsewhere();
    expect(await page.evaluate(whoAmI())).toBe('anna');
    await page.evaluate('open.close()');
    // The browser may know that it is closed before the gateway does, which then counts it as used a moment ago.
    await expect.poll(isOpen).toBe(false);
    await elsewhere();
    expect(await page.evaluate(whoAmI())).not.toBe('anna');
  });
});

/** Serves a page at a port of its own. */
async function serve(servers: Server[]): Promise<number> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What a CrossComm client says first. */
function login(id: string): string {
  const message = { msg_id: 'x_1', from_client_id: id, to_client_id: 'server', msg_type: 'login' };
  return JSON.stringify({ ...message, content: '', timestamp: 1, oss_key: null });
}

interface Status {
  counters: object;
  uploads: object;
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
