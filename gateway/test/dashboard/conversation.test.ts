import { readFile } from 'node:fs/promises';
import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { EventQueue } from '@crosscomm/testing/json-lines';
import type { MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

const NASTY = '<img src=x onerror=alert(1)>';

describe('what is said, on the dashboard in Chromium', () => {
  const heard = new EventQueue('lamp');
  let knob: MqttClient;
  let page: Page;

  const prepare = async (house: DashboardHouse): Promise<void> => {
    const lamp = await house.join('lamp', ['kitchen/light']);
    lamp.on('message', (topic, payload) => heard.push({ event: topic, body: payload.toString() }));
    knob = await house.join('knob');
    await knob.publishAsync('kitchen/light', '{"led": 1, "on": true, "name": "warm"}', { retain: true });
  };
  const house = new DashboardHouse({ page: 'channels', prepare });
  /** Says something again and again until the page shows it, as it may not listen yet. */
  const sayUntil = async (topic: string, body: string, shown: Promise<unknown>): Promise<void> => {
    const timer = setInterval(() => knob.publish(topic, body), 200);
    await shown.finally(() => clearInterval(timer));
  };

  beforeAll(() => {
    page = house.page;
  });

  test('channels are a tree, with the last value of each', async () => {
    const tree = page.getByRole('navigation', { name: 'Channels' });
    const light = tree.getByRole('link', { name: 'light' });
    await light.waitFor();
    await sayUntil('kitchen/temperature', '21.5', tree.getByRole('link', { name: /temperature 21\.5/ }).waitFor());
    const fold = tree.getByRole('button', { name: 'Show what is below kitchen' });
    await fold.click();
    await light.waitFor({ state: 'detached' });
    await fold.click();
    await light.click();
    await page.getByRole('heading', { level: 1, name: 'kitchen/light' }).waitFor();
    await page.getByText('retained', { exact: true }).waitFor();
    await page.getByRole('listitem').getByRole('link', { name: 'lamp' }).waitFor();
  });

  test('what a channel carries is said in words', async () => {
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'What it carries' }) });
    await card.getByText('whole number', { exact: false }).first().waitFor();
    await card.getByText('true or false').waitFor();
    await card.getByText('text; up to 4 long').waitFor();
  });

  test('a value is sent by a form made of what was said last', async () => {
    await page.getByRole('spinbutton', { name: 'led' }).fill('5');
    await page.getByRole('checkbox', { name: 'on', exact: true }).uncheck();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Delivered to 1.').waitFor();
    const { body } = await heard.take('what the page sent', ({ body }) => String(body).includes('false'));
    expect(JSON.parse(String(body))).toEqual({ led: 5, on: false, name: 'warm' });
    await page.locator('.last-value').getByText('5', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Free text' }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('blink');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await heard.take('free text', ({ body }) => body === 'blink');
  });

  test('numbers are a chart, which says its values to those who do not see it', async () => {
    await house.go('channels/kitchen%2Ftemperature');
    const chart = page.getByRole('img', { name: /Newest values: value 23/ });
    await sayUntil('kitchen/temperature', '23', chart.waitFor());
    await page.locator('.chart canvas').waitFor();
    await page.getByText('Nobody listens here now.').waitFor();
    // Nobody has said anything there yet, and it is no channel before that; still a filter is for it.
    await house.join('thermostat', ['cellar/#']);
    await house.go('channels/cellar%2Ftemperature');
    await page.getByRole('listitem').filter({ hasText: 'thermostat by cellar/#' }).waitFor();
  });

  test('a retained message is deleted, once that is confirmed', async () => {
    await house.go('channels/kitchen%2Flight');
    await page.getByRole('button', { name: 'Delete the retained message' }).click();
    const dialog = page.getByRole('dialog');
    expect(await flawsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('retained', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete the retained message' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('retained', { exact: true }).waitFor({ state: 'detached' });
  });

  test('the conversation shows every message as text, with all that is known of it', async () => {
    await house.go('conversation');
    const log = page.getByRole('list', { name: 'Messages, the newest last' });
    const entry = log.getByRole('button', { name: NASTY }).first();
    await sayUntil('chat', `{"text": "${NASTY}"}`, entry.waitFor());
    expect(await log.locator('img').count()).toBe(0);
    await entry.click();
    const details = log.locator('.details');
    await details.getByText('nobody listens there').waitFor();
    expect(await details.locator('pre').textContent()).toBe(`{\n  "text": "${NASTY}"\n}`);
    await entry.click();
    await details.waitFor({ state: 'detached' });
  });

  test('the conversation can be filtered and paused, and saved as JSON lines', async () => {
    await page.getByRole('searchbox', { name: /topic filter/ }).fill('kitchen/#');
    const log = page.getByRole('list', { name: 'Messages, the newest last' });
    await log.getByRole('button', { name: NASTY }).first().waitFor({ state: 'detached' });
    await sayUntil('kitchen/door', 'open', log.getByText('open', { exact: true }).first().waitFor());
    await page.getByRole('button', { name: 'Pause' }).click();
    await knob.publishAsync('kitchen/door', 'closed');
    await page.getByText(/Paused; [1-9]/).waitFor();
    expect(await log.getByText('closed', { exact: true }).count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as JSON lines' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ from: 'knob', to: 'kitchen/door', body: 'open' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await log.getByText('closed', { exact: true }).first().waitFor();
  });

  test('of a long conversation only what is in sight is laid out, which is its end', async () => {
    const log = page.getByRole('list', { name: 'Messages, the newest last' });
    // The feed leaves out what comes faster than a person can read, so it goes on until there is enough.
    let count = 0;
    const timer = setInterval(() => knob.publish('kitchen/count', `count ${count++}`), 20);
    await expect
      .poll(() => log.getByRole('listitem').count())
      .toBeGreaterThan(100)
      .finally(() => clearInterval(timer));
    const isLaidOut = (): Promise<boolean[]> =>
      page.evaluate<boolean[]>(
        `[...document.querySelectorAll('.log .entry')].map((entry) => entry.checkVisibility({ contentVisibilityAuto: true }))`,
      );
    await expect.poll(isLaidOut).toSatisfy((each: boolean[]) => each.at(-1) === true && each[0] === false);
  });

  test('a client is sent to, watched and disconnected on its own page', async () => {
    const guest = await house.join('guest', ['guest']);
    const said = new Promise((resolve) => guest.on('message', (_, payload) => resolve(String(payload))));
    await house.go('clients/guest');
    await page.getByRole('textbox', { name: 'Message' }).fill('hello');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    expect(await said).toBe('hello');
    await page.getByRole('list', { name: 'Its messages, live' }).getByText('hello').waitFor();
    const gone = new Promise((resolve) => guest.on('close', () => resolve('gone')));
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    expect(await gone).toBe('gone');
    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
    await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
  });

  test('all of it keeps nobody out, and fits on a phone', async () => {
    await knob.publishAsync('kitchen/light', '{"led": 1}', { retain: true });
    const phone = await house.onPhone(house.url);
    for (const hash of ['channels/kitchen%2Flight', 'clients/knob', 'conversation']) {
      await phone.page.goto(house.urlOf(hash));
      await phone.page.locator('.log').waitFor();
      expect([hash, await flawsOf(phone.page)]).toEqual([hash, []]);
    }
    // A page may have asked once more for the client that it was just told to forget.
    const faults = house.faults.filter((fault) => !/ 404 .*clients\/guest\)$/.test(fault));
    expect([...phone.faults, ...faults]).toEqual([]);
  });
});
