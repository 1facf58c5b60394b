import { barriersIn, openPage, type WatchedPage } from '@crosscomm/testing/chromium';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../scripts/lib/chromium.mjs';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';

const ID = 'serial-SIM-ttyACM0';

describe('an Uno in the dashboard, in Chromium', () => {
  let devices: FakeDevices;
  let gateway: GatewayProcess;
  let uno: AvrBoard;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    devices = await makeFakeDevices();
    gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory, approve: true } }, devices.env);
    await gateway.start();
    uno = await startBoard({ sketch: 'uno-lines', link: devices.port('ttyACM0') });
    uno.setAdc(0, 715);
    browser = await launchChromium();
    watched = await openPage(browser, `http://127.0.0.1:${gateway.ready.http.port}/#/devices`);
    page = watched.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await uno?.unplug();
    await gateway?.dispose();
    await devices?.remove();
  });

  test('waits until somebody approves it', async () => {
    await page.getByText('waits for approval').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('connected', { exact: true }).waitFor();
  });

  test('shows what it prints', async () => {
    await page.getByRole('button', { name: 'Show what it prints' }).click();
    const log = page.getByRole('region', { name: `What it prints: ${ID}` });
    await log.getByText(/"temperature":21\.\d/).waitFor();
    expect(await barriersIn(page)).toEqual([]);
  });

  test('gets another name on its own page, keeps its log, and hears what is sent to it there', async () => {
    await page.getByRole('link', { name: ID, exact: true }).click();
    await page.getByRole('button', { name: 'Name and speed' }).click();
    await page.getByLabel('Name', { exact: true }).fill('desk');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'desk' }).waitFor();
    await page
      .getByRole('region', { name: 'What it prints: desk' })
      .getByText(/"temperature":21\.\d/)
      .waitFor();
    await page.getByLabel('Message', { exact: true }).fill('{"led":1}');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await uno.waitForPin('LED', 1);
    await page.getByText('Delivered to 1.').waitFor();
    expect(await barriersIn(page)).toEqual([]);
  });

  test('is not to be seen under its former name, and has its new one after a restart', async () => {
    const ids = async (): Promise<string[]> => {
      const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/api/v1/clients`);
      const { clients } = (await answer.json()) as { clients: { id: string }[] };
      return clients.map(({ id }) => id);
    };
    expect(await ids()).toEqual(['desk']);
    // The page may have asked once more for what was printed under the name that it had just given up.
    expect(watched.faults.filter((fault) => !fault.includes(`/clients/${ID}/log`))).toEqual([]);
    await gateway.stop();
    await gateway.start();
    await expect.poll(ids, { timeout: 20_000 }).toEqual(['desk']);
  });
});
