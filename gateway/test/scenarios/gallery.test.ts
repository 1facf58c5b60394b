import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const EXAMPLE = fileURLToPath(new URL('../../examples/gallery.html', import.meta.url));

describe('the gallery, in Chromium', () => {
  const gateway = new GatewayProcess({ pages: { folder: 'www', port: 0 }, http: { hosts: ['house.test'] } });
  let page: BrowserPage;
  let picture: Buffer;
  let address: string;

  beforeAll(async () => {
    mkdirSync(join(gateway.folder, 'www'));
    copyFileSync(EXAMPLE, join(gateway.folder, 'www', 'gallery.html'));
    await gateway.start();
    picture = await sharp({ create: { width: 900, height: 600, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    address = `http://house.test:${gateway.ready.http.port}/examples/gallery.html`;
    page = await BrowserPage.open(address, ['house.test']);
    await page.waitForText('#state', 'online');
  });
  afterAll(async () => {
    await page?.close();
    await gateway.dispose();
  });

  const put = async (name: string, to = 'gallery'): Promise<void> => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}/objects/${name}?from=cam&to=${to}&kind=image`;
    const answer = await fetch(url, {
      method: 'PUT',
      body: new Uint8Array(picture),
      headers: { 'content-type': 'image/png' },
    });
    expect(answer.status).toBe(201);
  };

  const names = (): Promise<unknown> =>
    page.evaluate(`[...document.querySelectorAll('#pictures img')].map((image) => image.alt)`);

  test('shows a picture as soon as it is sent, in a small size, and no other', async () => {
    await put('elsewhere.png', 'desk');
    await put('first.png');
    await page.waitForText('#pictures', 'first.png, from cam');
    const width = `document.querySelector('#pictures img').decode().then(() => document.querySelector('#pictures img').naturalWidth)`;
    expect(await page.evaluate(width)).toBe(480);
    expect(await names()).toEqual(['first.png']);
  });

  test('adds one that a person chooses', async () => {
    await page.evaluate(`(async () => {
      const blob = await (await fetch(document.querySelector('#pictures a').href)).blob();
      const chosen = new DataTransfer();
      chosen.items.add(new File([blob], 'mine.png', { type: 'image/png' }));
      const add = document.getElementById('add');
      add.files = chosen.files;
      add.dispatchEvent(new Event('change'));
    })()`);
    await page.waitForText('#pictures', 'mine.png');
    expect(await names()).toEqual(['mine.png', 'first.png']);
  });

  test('has them all again after a reload, and after a restart of the gateway', async () => {
    await page.go(address);
    await page.waitForText('#pictures', 'first.png');
    expect(await names()).toEqual(['mine.png', 'first.png']);
    await gateway.kill();
    await gateway.start();
    await page.go(address);
    await page.waitForText('#pictures', 'first.png');
    expect(await names()).toEqual(['mine.png', 'first.png']);
  });

  test('shows older ones where a person asks for them', async () => {
    for (let at = 1; at <= 24; at++) await put(`${at}.png`);
    await page.go(address);
    await page.waitForText('#pictures', '24.png');
    const first = (await names()) as string[];
    expect([first.length, first[0], first.at(-1)]).toEqual([24, '24.png', '1.png']);
    await page.evaluate(`document.getElementById('older').click()`);
    await page.waitForText('#pictures', 'first.png');
    expect(((await names()) as string[]).slice(24)).toEqual(['mine.png', 'first.png']);
    expect(await page.evaluate(`document.getElementById('older').hidden`)).toBe(true);
  });

  test('works as a copy in the folder of one’s own pages', async () => {
    const { pages, http } = gateway.ready;
    await page.go(`http://house.test:${pages?.port}/gallery.html?gateway=house.test:${http.port}`);
    await page.waitForText('#pictures', '24.png, from cam');
    await page.waitForText('#state', 'online');
    await put('live.png');
    await page.waitForText('#pictures', 'live.png');
  });
});
