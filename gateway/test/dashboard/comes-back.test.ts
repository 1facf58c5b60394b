import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountOf } from '@crosscomm/testing/accounts';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { SteppedClock } from '@crosscomm/testing/faketime';
import { secretPassword } from '@crosscomm/testing/secrets';
import type { MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = secretPassword();
const HOUR_MS = 3_600_000;
/** More than a page waits for news on a connection that is silent. */
const SILENCE_MS = 11_000;

/** A way to the gateway, on which connections can be cut as a lost Wi-Fi cuts them: nobody is told. */
class SilentWay {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** How many connections were opened since the others were cut. */
  openedSince = 0;

  constructor(portOf: () => number) {
    this.#server = createServer((socket) => {
      this.openedSince++;
      const onward = connect(portOf(), '127.0.0.1');
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#open.add(from);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  /** Nothing goes through any more on those connections that are open. */
  cut(): void {
    this.openedSince = 0;
    for (const socket of this.#open) socket.unpipe().pause();
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }
}

describe('the dashboard, when the gateway or the way to it is gone for a while, in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-clock-'));
  const clock = new SteppedClock(folder);
  const house = new DashboardHouse({
    env: clock.env,
    accounts: [accountOf('anna', { roles: ['admin'], password: PASSWORD })],
    configuration: { auth: { anonymous: 'allow' } },
    page: 'clients',
    prepare: async (own) => {
      await own.join('lamp');
      knob = await own.join('knob');
    },
  });
  const way = new SilentWay(() => house.gateway.ready.http.port);
  let knob: MqttClient;
  let page: Page;
  const idsOn = (shown: Page) => shown.locator('tbody th').allTextContents();

  beforeAll(() => {
    page = house.page;
  });
  afterAll(() => {
    way.close();
    rmSync(folder, { recursive: true });
  });

  test('a wrong password is said where it was typed, and ends nothing', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Account').fill('anna');
    await dialog.getByLabel('Password or token').fill(secretPassword());
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await page.locator('tbody th').first().waitFor();
    await dialog.getByLabel('Password or token').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Backup' }).waitFor();
    // The browser notes that it was refused.
    house.faults.length = 0;
  });

  test('an answer that comes late does not replace that to a later question', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/objects\?.*kind=image/, async (route) => {
      await held;
      await route.fulfill({ json: { objects: [], total: 0 } });
    });
    for (const name of ['note.txt', 'other.txt']) {
      const body = 'hello';
      await fetch(`${house.url}objects/${name}?from=cam&to=lamp&kind=file`, { method: 'PUT', body });
    }
    await house.go('files');
    await page.getByText('note.txt').first().waitFor();
    const kinds = page.locator('main select').last();
    const asked = page.waitForRequest(/kind=image/);
    await kinds.selectOption('image');
    await asked;
    await kinds.selectOption('file');
    await page.getByText('note.txt').first().waitFor();
    const answered = page.waitForResponse(/kind=image/);
    release();
    await (await answered).finished();
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
    expect(await page.getByText('note.txt').count()).toBeGreaterThan(0);
    await page.unrouteAll();
  });

  test('an answer that breaks off is asked for again', async () => {
    await page.route(
      /api\/v1\/config/,
      (route) => route.fulfill({ contentType: 'application/json', body: '{"file": ' }),
      { times: 1 },
    );
    await house.go('settings');
    await page.getByText('mqtt.port').first().waitFor();
    expect(house.faults).toEqual([]);
  });

  const atCut = 'a connection that is cut without a word is noticed, and what was said meanwhile is shown once';
  test(atCut, { timeout: 120_000 }, async () => {
    const port = await way.listen();
    const { page: far } = await house.onPhone(`http://127.0.0.1:${port}/`);
    await far.clock.install();
    await far.goto(`http://127.0.0.1:${port}/#/conversation`);
    await far.reload();
    const log = far.locator('.log li');
    const before = setInterval(() => knob.publish('chat', 'before'), 200);
    await log.filter({ hasText: 'before' }).first().waitFor();
    clearInterval(before);
    way.cut();
    await knob.publishAsync('chat', 'meanwhile', { qos: 1 });
    // It may begin anew on each of the connections that the browser has kept, which are cut as well.
    const shown = async (): Promise<number> => {
      if (way.openedSince === 0) await far.clock.fastForward(SILENCE_MS);
      return await log.filter({ hasText: 'meanwhile' }).count();
    };
    await expect.poll(shown, { interval: 500, timeout: 60_000 }).toBe(1);
    const after = setInterval(() => knob.publish('chat', 'after'), 200);
    await log.filter({ hasText: 'after' }).first().waitFor();
    clearInterval(after);
    expect(await log.filter({ hasText: 'meanwhile' }).count()).toBe(1);
    const said = (await log.locator('.body').allTextContents()).filter((text, index, all) => text !== all[index - 1]);
    expect(said).toEqual(['before', 'meanwhile', 'after']);
    await far.context().close();
  });

  test('a gateway that starts again with an earlier clock is shown as it is, to whom it knows no more', async () => {
    await house.go('clients');
    await expect.poll(() => idsOn(page)).toEqual(['knob', 'lamp']);
    await page.getByText('anna', { exact: true }).waitFor();
    clock.stepTo(-HOUR_MS);
    await house.gateway.kill();
    await page.getByText('The gateway does not answer. This page goes on by itself when it is back.').waitFor();
    await house.gateway.start();
    await house.join('newcomer');
    await page.getByText('The gateway does not answer.').waitFor({ state: 'detached' });
    await expect.poll(() => idsOn(page)).toEqual(['newcomer']);
    // Its session ended with the gateway.
    await page.getByText('Not signed in').waitFor();
    expect(await page.getByRole('link', { name: 'Backup' }).count()).toBe(0);
    await house.go('');
    await page.getByText(/running for \d+ s$|running for [1-5] min/).waitFor();
  });
});
