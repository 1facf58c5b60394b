import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Status {
  counters: { messages: number };
  uploads: { receiving: number; waiting: number };
  incidents: Record<string, number>;
}

describe('pages in Chromium, and a gateway on the machine of the browser', () => {
  let server: Server;
  let gateway: GatewayProcess;
  let lamp: OocsiClient;
  let page: BrowserPage;
  let base: string;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    gateway = new GatewayProcess({ http: { origins: [`http://friend.test:${port}`, 'null'] } });
    await gateway.start();
    base = `127.0.0.1:${gateway.ready.http.port}`;
    lamp = await OocsiClient.connect(gateway.ready.oocsi.port, 'lamp');
    page = await BrowserPage.open(`http://foreign.test:${port}/`, ['foreign.test', 'friend.test']);
  });
  afterAll(async () => {
    await page?.close();
    lamp?.close();
    server?.close();
    await gateway?.dispose();
  });

  const status = async (): Promise<Status> => (await (await fetch(`http://${base}/status`)).json()) as Status;

  /** How a WebSocket of the page to the gateway begins. */
  const connect = (path: string, protocol?: string): Promise<unknown> =>
    page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://${base}${path}', ${JSON.stringify(protocol ?? [])});
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);

  test('one of a foreign origin gets in nowhere, and does nothing', async () => {
    const before = await status();
    expect([await connect('/'), await connect('/ws'), await connect('/mqtt', 'mqtt')]).toEqual(
      Array(3).fill('refused'),
    );
    await page.evaluate(`(async () => {
      const form = new FormData();
      form.append('file', new File(['x'], 'x.txt'));
      const ask = (path, init) => fetch('http://${base}' + path, { mode: 'no-cors', ...init });
      await ask('/objects', { method: 'POST', body: form });
      await ask('/send/lamp', { method: 'POST', body: JSON.stringify({ sender: 'page', led: 1 }) });
      await ask('/send', { method: 'POST', body: new URLSearchParams({ sender: 'page', channel: 'lamp' }) });
      await ask('/lamp/on');
      await ask('/subscribe/lamp');
      const image = new Image();
      image.src = 'http://${base}/lamp/off';
      await image.decode().catch(() => {});
    })()`);
    const after = await status();
    expect(after.counters).toEqual(before.counters);
    expect(after.uploads).toEqual(before.uploads);
    expect(after.incidents).toMatchObject({
      'crosscomm PEER_NOT_ALLOWED': 1,
      'oocsi PEER_NOT_ALLOWED': 1,
      'mqtt PEER_NOT_ALLOWED': 1,
      'http PEER_NOT_ALLOWED': 6,
    });
  });

  test('one that has its own name lead to the gateway is refused there', async () => {
    await page.go(`http://foreign.test:${gateway.ready.http.port}/status`);
    expect(await page.evaluate('document.body.textContent')).toContain('http.hosts');
  });

  test('one that the configuration lists connects, posts and reads the answers', async () => {
    await page.go(`http://friend.test:${(server.address() as AddressInfo).port}/`);
    expect([await connect('/'), await connect('/ws'), await connect('/mqtt', 'mqtt')]).toEqual(Array(3).fill('open'));
    const answers = await page.evaluate(`(async () => {
      const send = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"sender":"friend","led":1}' };
      const { delivered } = await (await fetch('http://${base}/send/lamp', send)).json();
      const { size } = await (await fetch('http://${base}/objects/a.txt', { method: 'PUT', body: 'hello' })).json();
      const { version } = await (await fetch('http://${base}/status')).json();
      return [delivered, size, typeof version];
    })()`);
    expect(answers).toEqual([1, 5, 'string']);
    await lamp.takeLine((line) => line.includes('"led":1') && line.includes('friend'));
  });

  test('one from a disk connects where the configuration lists "null"', async () => {
    const file = pathToFileURL(new URL('../../examples/web-lamp.html', import.meta.url).pathname);
    await page.go(`${file}?gateway=${base}`);
    await page.waitForText('#state', 'welcome web-lamp-');
  });

  test('MQTT.js needs no path', async () => {
    const client = await mqtt.connectAsync(`ws://${base}`, { clientId: 'pathless' });
    await client.publishAsync('lamp', '{"led":2}', { qos: 1 });
    await lamp.takeLine((line) => line.includes('"led":2'));
    await client.endAsync();
  });
});
