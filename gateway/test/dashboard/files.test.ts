import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { FaultyProxy } from '@crosscomm/testing/faulty-proxy';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects } from '@crosscomm/testing/http-objects';
import { EventQueue } from '@crosscomm/testing/json-lines';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

describe('the files of a gateway whose objects are in another one, in Chromium', () => {
  const far = new GatewayProcess();
  let line: FaultyProxy;
  const keys: NodeJS.ProcessEnv = {};
  const heard = new EventQueue('desk');
  let page: Page;
  let sending: Locator;
  let onTheWay: Locator;

  const prepare = async (house: DashboardHouse): Promise<void> => {
    const desk = await house.join('desk', ['kitchen/photos']);
    desk.on('message', (_topic, payload) => heard.push({ event: 'file', ...JSON.parse(payload.toString()) }));
  };
  beforeAll(async () => {
    await far.start();
    line = await FaultyProxy.open(far.ready.oss);
    Object.assign(keys, await createOssKeys(far, 'near'), { OSS_ENDPOINT: line.url });
  });
  const objects = { store: 'oss', addressing: 'path' };
  const house = new DashboardHouse({ configuration: { objects }, env: keys, page: 'files', prepare });
  beforeAll(() => {
    page = house.page;
    sending = page.locator('section.card', { hasText: 'Send a file' });
    onTheWay = page.locator('section.card', { has: page.getByRole('heading', { name: 'Files on their way' }) });
  });
  afterAll(async () => {
    await far.dispose();
    line?.close();
  });

  const choose = async (name: string, bytes: number, at = page): Promise<void> => {
    const file = { name, mimeType: 'application/octet-stream', buffer: Buffer.alloc(bytes, name) };
    await at.getByLabel('Choose files', { exact: true }).last().setInputFiles(file);
  };
  const waiting = (name: string): Locator => onTheWay.getByRole('listitem').filter({ hasText: name });
  const card = (name: string): Locator => page.locator('.gallery > li', { hasText: name });

  test('a file is stored and sent by dragging it onto the page', async () => {
    await page.getByText('No file is stored yet.').waitFor();
    const file = join(house.gateway.folder, 'red.png');
    await writeFile(
      file,
      await sharp({ create: { width: 64, height: 48, channels: 3, background: '#f00' } })
        .png()
        .toBuffer(),
    );
    await page.getByLabel('To', { exact: true }).fill('kitchen/photos');
    const box = await page.locator('.drop').boundingBox();
    const at = { x: (box?.x ?? 0) + 40, y: (box?.y ?? 0) + 20 };
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    const hand = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver'] as const)
      await hand.send('Input.dispatchDragEvent', { type, ...at, data });
    await page.locator('.drop.over').waitFor();
    await hand.send('Input.dispatchDragEvent', { type: 'drop', ...at, data });
    await sending.getByText('red.png sent').waitFor();
    expect(await heard.take('the photo', ({ fileName }) => fileName === 'red.png')).toMatchObject({ kind: 'image' });
    await card('red.png').getByRole('link', { name: 'kitchen/photos' }).waitFor();
    await expect.poll(() => page.evaluate("document.querySelector('.gallery img')?.naturalWidth")).toBe(320);
    expect(await flawsOf(page)).toEqual([]);
  });

  test('an image is shown as a small screen will show it, on a phone too', async () => {
    const phone = await house.onPhone(house.urlOf('files'));
    const middle = `document.querySelector('canvas.screen').getContext('2d').getImageData(120, 120, 1, 1).data.join()`;
    for (const at of [page, phone.page]) {
      await at.getByRole('button', { name: 'As a small screen shows it: red.png' }).click();
      await expect.poll(() => at.evaluate(middle)).toBe('255,0,0,255');
      await at.getByLabel('Format of the pixels').selectOption('mono');
      await expect.poll(() => at.evaluate(middle)).toMatch(/^(0,0,0|255,255,255),255$/);
      await at.getByLabel('Size of the screen in pixels').selectOption('400x300');
      expect(await flawsOf(at)).toEqual([]);
      await at.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    }
    expect(phone.faults).toEqual([]);
    await phone.page.context().close();
  });

  test('it is given back as it was, with its name', async () => {
    const download = page.waitForEvent('download');
    await card('red.png').getByRole('link', { name: 'Download' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('red.png');
    expect(await readFile(await file.path())).toEqual(await readFile(join(house.gateway.folder, 'red.png')));
  });

  test('whoever sends a file sees how far it is', async () => {
    const network = await page.context().newCDPSession(page);
    const conditions = { offline: false, latency: 0, downloadThroughput: -1 };
    await network.send('Network.emulateNetworkConditions', { ...conditions, uploadThroughput: 10_000 });
    await choose('slow-line.bin', 90_000);
    await sending.getByText(/slow-line\.bin [1-9]\d?%/).waitFor();
    await network.send('Network.emulateNetworkConditions', { ...conditions, uploadThroughput: -1 });
    await sending.getByText('slow-line.bin sent').waitFor();
    await card('slow-line.bin').getByText('90 kB').waitFor();
  });

  test('so does everybody who looks, until it is there', async () => {
    const headers = { 'content-length': '8000' };
    const upload = request(`${house.url}objects/slow.bin?from=camera`, { method: 'PUT', headers });
    upload.write(Buffer.alloc(2000));
    await waiting('slow.bin').getByText('camera · 2 kB of 8 kB').waitFor();
    await waiting('slow.bin').getByText('arriving').waitFor();
    upload.end(Buffer.alloc(6000));
    const [answer] = await once(upload, 'response');
    expect(answer.statusCode).toBe(201);
    await waiting('slow.bin').waitFor({ state: 'detached' });
    await card('slow.bin').getByRole('link', { name: 'camera' }).waitFor();
  });

  test('one that the store does not take is tried again until it does', async () => {
    line.plan('put', 'too-large', 'too-large');
    await choose('large.bin', 1000);
    await waiting('large.bin').getByText('failed').waitFor();
    await waiting('large.bin')
      .getByText(/EntityTooLarge/)
      .waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await waiting('large.bin').getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => line.planned).toEqual([]);
    await expect.poll(async () => (await new HttpObjects(house.gateway).list()).uploads[0]?.state).toBe('failed');
    await waiting('large.bin').getByRole('button', { name: 'Try again' }).click();
    await waiting('large.bin').waitFor({ state: 'detached' });
    await card('large.bin').waitFor();
  });

  test('one that is given up is gone, once that is confirmed', async () => {
    line.standing = '503';
    await choose('given-up.bin', 1000);
    await waiting('given-up.bin').getByText('waiting for the store').waitFor();
    await waiting('given-up.bin').getByRole('button', { name: 'Drop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Drop given-up.bin?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await waiting('given-up.bin').getByRole('button', { name: 'Drop' }).click();
    await dialog.getByRole('button', { name: 'Drop' }).click();
    await waiting('given-up.bin').waitFor({ state: 'detached' });
    expect(house.faults).toEqual([]);
  });
});
