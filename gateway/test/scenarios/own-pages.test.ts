import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

describe('pages of one’s own, in Chromium', () => {
  // As a configuration has it: beside the file.
  const gateway = new GatewayProcess({ pages: { folder: './www', port: 0 }, http: { hosts: ['house.test'] } });
  let lamp: OocsiClient;
  let page: BrowserPage;
  let base: string;

  beforeAll(async () => {
    const folder = join(gateway.folder, 'www');
    mkdirSync(folder);
    writeFileSync(join(folder, 'lamp.json'), '{"led": 1}');
    await gateway.start();
    base = `house.test:${gateway.ready.http.port}`;
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><meta charset="utf-8"><title>Mine</title><output id="temperature">-</output>
      <script type="module">
        import { connect } from 'http://${base}/client.js';
        const client = await connect({ clientId: 'my-page' });
        await client.subscribe('greenhouse', ({ temperature }) => {
          document.getElementById('temperature').textContent = temperature;
        });
        globalThis.client = client;
        document.title = 'online';
      </script>`,
    );
    lamp = await OocsiClient.connect(gateway.ready.oocsi.port, 'lamp');
    page = await BrowserPage.open(`http://house.test:${gateway.ready.pages?.port}/`, ['house.test']);
    await page.waitForText('title', 'online');
  });
  afterAll(async () => {
    await page?.close();
    lamp?.close();
    await gateway.dispose();
  });

  test('they import the client from the gateway, which connects there, and show a live value', async () => {
    lamp.send('sendraw greenhouse {"temperature":26.5}');
    await page.waitForText('#temperature', '26.5');
    expect(await page.evaluate(`client.send('lamp', { led: 1 })`)).toMatchObject({ delivered: 1 });
    await lamp.takeLine((line) => line.includes('"led":1') && line.includes('"sender":"my-page"'));
  });

  test('they use the gateway’s HTTP and WebSockets as its own pages do', async () => {
    const answers = await page.evaluate(`(async () => {
      const send = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"sender":"form","led":2}' };
      const { delivered } = await (await fetch('http://${base}/send/lamp', send)).json();
      const { size } = await (await fetch('http://${base}/objects/a.txt', { method: 'PUT', body: 'hello' })).json();
      const { version } = await (await fetch('http://${base}/status')).json();
      const channels = await (await fetch('http://${base}/channels')).text();
      const { error } = await (await fetch('http://${base}/send/lamp', { ...send, body: '{}' })).json();
      const event = new Promise((resolve, reject) => {
        const stream = new EventSource('http://${base}/subscribe/news');
        stream.onerror = reject;
        stream.onmessage = ({ data }) => (stream.close(), resolve(JSON.parse(data)));
        stream.onopen = () => fetch('http://${base}/send/news', send);
      });
      const socket = new WebSocket('ws://${base}/ws');
      const opened = new Promise((resolve) => {
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      });
      return [delivered, size, typeof version, channels.includes('lamp'), error.code, (await event).led, await opened];
    })()`);
    expect(answers).toEqual([1, 5, 'string', true, 'PEER_MALFORMED', 2, 'open']);
  });

  test('they read their own files', async () => {
    expect(await page.evaluate(`fetch('/lamp.json').then((answer) => answer.json())`)).toEqual({ led: 1 });
  });

  test('pages of another port of the same machine still may not', async () => {
    const other = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>other'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const stranger = await BrowserPage.open(`http://house.test:${(other.address() as AddressInfo).port}/`, [
      'house.test',
    ]);
    try {
      const status = `fetch('http://${base}/status').then(() => 'read', () => 'refused')`;
      expect(await stranger.evaluate(status)).toBe('refused');
      const imported = `import('http://${base}/client.js').then(({ connect }) => connect()).then(() => 'in', ({ code }) => code)`;
      expect(await stranger.evaluate(imported)).not.toBe('in');
    } finally {
      await stranger.close();
      other.close();
    }
  });

  test('the gateway tells of them where it starts, on its page and in its state', async () => {
    const status = await (await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`)).json();
    expect(status).toMatchObject({ doors: { pages: gateway.ready.pages } });
    await page.go(`http://${base}/`);
    await page.waitForText(`a[href="http://house.test:${gateway.ready.pages?.port}"]`, 'your own pages');
  });
});
