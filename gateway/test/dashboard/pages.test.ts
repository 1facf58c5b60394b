import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import type { MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

const NASTY = '<img src=x onerror=alert(1)>';

describe('the dashboard, in Chromium', () => {
  let knob: MqttClient;
  let page: Page;

  const prepare = async (house: DashboardHouse): Promise<void> => {
    await house.join('lamp', ['kitchen/#', 'lamp/set']);
    knob = await house.join('knob');
    await knob.publishAsync('kitchen/light', '{"led": 1}');
    await house.join(NASTY);
  };
  const house = new DashboardHouse({ prepare });
  const { gateway } = house;
  beforeAll(() => {
    page = house.page;
  });

  test('shows what runs here, who is connected, and how to connect', async () => {
    await page.getByText(/Version .*, running for/).waitFor();
    await page.getByText('Everything works.').waitFor();
    expect(await page.title()).toBe('Overview - CrossComm Gateway');
    const numbers = page.locator('.stats');
    await numbers.getByText('3 known').waitFor();
    await page.getByRole('link', { name: 'mqtt', exact: true }).waitFor();
    await page.getByText(`127.0.0.1:${gateway.ready.mqtt.port}`).first().waitFor();
    await page.getByText(`ws://127.0.0.1:${gateway.ready.http.port}/mqtt`).waitFor();
    await page.getByText('Plug it in. It joins by itself').waitFor();
    await page.locator('.chart canvas').waitFor();
  });

  test('copies an address', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const address = `ws://127.0.0.1:${gateway.ready.http.port}/mqtt`;
    await page.getByRole('button', { name: `Copy: ${address}` }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(address);
  });

  test('lists clients, finds and sorts them, whatever their names are', async () => {
    await page.getByRole('link', { name: 'Clients' }).click();
    const rows = page.locator('tbody tr');
    await expect.poll(() => rows.locator('th').allTextContents()).toEqual([NASTY, 'knob', 'lamp']);
    await page.getByRole('button', { name: 'Client', exact: true }).click();
    await expect.poll(() => rows.locator('th').allTextContents()).toEqual(['lamp', 'knob', NASTY]);
    await page.getByRole('searchbox').fill('KNO');
    await expect.poll(() => rows.locator('th').allTextContents()).toEqual(['knob']);
    expect(await page.evaluate("document.querySelectorAll('main img').length")).toBe(0);
    await page.getByRole('searchbox').fill('');
    const late = await house.join('latecomer');
    await rows.filter({ hasText: 'latecomer' }).waitFor();
    await late.endAsync();
    await rows.filter({ hasText: 'latecomer' }).waitFor({ state: 'detached' });
  });

  test('shows one client and its subscriptions, and goes back', async () => {
    await page.getByRole('link', { name: 'lamp' }).click();
    await page.getByRole('heading', { level: 1, name: 'lamp' }).waitFor();
    await page.getByText('kitchen/#').waitFor();
    await page.locator('h1:focus').waitFor();
    await page.getByRole('link', { name: 'kitchen/#' }).click();
    await page.getByRole('heading', { level: 1, name: 'Conversation' }).waitFor();
    expect(await page.getByRole('searchbox', { name: /topic filter/ }).inputValue()).toBe('kitchen/#');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'lamp' }).waitFor();
    await page.getByRole('link', { name: 'Clients' }).last().click();
    await page.getByRole('link', { name: NASTY }).click();
    await page.getByRole('heading', { level: 1, name: NASTY }).waitFor();
  });

  test('shows what clients do together', async () => {
    await page.getByRole('link', { name: 'Together' }).click();
    await page.getByText('No client has asked for any of it.').waitFor();
    await knob.publishAsync('behaviours', '{"leader": "stage", "stand": true}');
    await knob.publishAsync('behaviours', '{"awareness": "kitchen/light"}');
    await knob.publishAsync('behaviours', '{"poll": "kitchen/lunch", "open": "Soup?"}');
    const card = (title: string) => page.locator('section', { has: page.getByRole('heading', { name: title }) });
    await card('Who leads').getByText('knob').first().waitFor();
    await knob.publishAsync('kitchen/light', '{"led": 0}');
    await card('Who is there').getByText('led 0').waitFor();
    await card('Poll').getByText('Soup?').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    for (const asked of ['{"leader": "stage"', '{"awareness": "kitchen/light"', '{"poll": "kitchen/lunch"']) {
      await knob.publishAsync('behaviours', `${asked}, "stop": true}`);
    }
    await page.getByText('No client has asked for any of it.').waitFor();
  });

  test('makes an automation, tries it on what was said, and shows what came of it', async () => {
    await page.getByRole('link', { name: 'Automations' }).click();
    await page.getByText('There is none yet.').waitFor();
    await page.getByRole('button', { name: 'New automation' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('warm-room');
    await dialog.getByLabel('Channel or topic filter').fill('sensors/+');
    await dialog.getByLabel('Condition').fill('celsius >');
    await dialog.getByLabel('Send to').fill('kitchen/fan');
    await dialog.getByLabel('Message').fill('{"on": true}');
    await dialog.getByRole('button', { name: 'Try on the last hour' }).click();
    await dialog.getByText(/Automation 1: if: an expression such as/).waitFor();
    await dialog.getByLabel('Condition').fill('celsius > 26');
    await dialog.getByRole('button', { name: 'Try on the last hour' }).click();
    await dialog.getByText(/0 messages would have been sent, for 0 that were heard/).waitFor();
    await knob.publishAsync('sensors/attic', '{"celsius": 27}', { qos: 1 });
    await dialog.getByRole('button', { name: 'Try on the last hour' }).click();
    await dialog.getByText('kitchen/fan').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'warm-room' }) });
    await card.getByText('runs').waitFor();
    await knob.publishAsync('sensors/attic', '{"celsius": 28}', { qos: 1 });
    await card.getByText(/ago$/).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await card.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There is none yet.').waitFor();
  });

  test('shows how it is configured, where each value comes from, and how to change it', async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText(/To change one, write it into .*crosscomm\.yaml on the machine of the gateway/).waitFor();
    await page.getByRole('searchbox').fill('mqtt.port');
    const line = page.locator('summary', { hasText: 'mqtt.port' });
    await line.getByText(/crosscomm\.yaml/).waitFor();
    await line.click();
    await page.getByText(`mqtt: port: ${gateway.ready.mqtt.port}`).waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test('looks at the gateway and its machine when it is asked to, and shows what is counted', async () => {
    await page.getByRole('link', { name: 'Diagnosis' }).click();
    await page.getByText('No two clients take an id from each other.').waitFor();
    await page.getByText(/^These listeners are open: .*mqtt/).waitFor();
    await page.getByRole('searchbox').fill('online');
    await page
      .getByRole('row', { name: /protocol: mqtt/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByText('No two clients take an id from each other.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test('tells what becomes of messages as it happens, in the language of the page', async () => {
    await page.getByRole('link', { name: 'Not arrived?' }).click();
    await page.getByText(/^No such message since/).waitFor();
    await knob.publishAsync('kitchn', 'on');
    await page.getByText('Nobody subscribes to kitchn.').waitFor();
    await page.getByLabel('Language').selectOption('zh');
    await page.getByText('没有客户端订阅 kitchn。').waitFor();
    await page.getByRole('link', { name: '诊断' }).click();
    await page.getByText('没有客户端互相抢占 id。').waitFor();
    await page.getByLabel('语言').selectOption('en');
  });

  test('changes its language and its colours, and remembers them', async () => {
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('link', { name: '概览' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh');
    await page.getByRole('button', { name: '深色' }).click();
    await page.reload();
    await page.getByRole('link', { name: '概览' }).waitFor();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.getByLabel('语言').selectOption('en');
    await page.getByRole('link', { name: 'Overview' }).waitFor();
  });

  test('can be used with the keyboard alone', async () => {
    await page.goto(house.url);
    await page.getByText(/running for/).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    for (let count = 0; count < 3; count++) await page.keyboard.press('Shift+Tab');
  });

  test('says so when the gateway is gone, and goes on when it is back', async () => {
    await gateway.stop();
    await page.getByText('The gateway does not answer.').waitFor();
    await gateway.start();
    await page.getByText('The gateway does not answer.').waitFor({ state: 'detached' });
    await page.getByText(/running for/).waitFor();
    house.faults.length = 0;
  });

  // The colours are the same everywhere, so the dark ones are looked at where there are many.
  test.each([
    [
      'light',
      [
        'Overview',
        'Clients',
        'Channels',
        'Conversation',
        'Connect',
        'Files',
        'Devices',
        'Accounts',
        'Backup',
        'Settings',
        'Diagnosis',
      ],
    ],
    ['dark', ['Overview', 'Clients']],
  ] as const)('keeps nobody out, and fits on a phone, in %s colours', { timeout: 180_000 }, async (scheme, names) => {
    const phone = await house.onPhone(house.url, { colorScheme: scheme });
    const menu = phone.page.getByRole('button', { name: 'Menu' });
    for (const name of names) {
      await menu.click();
      await phone.page.getByRole('link', { name, exact: true }).click();
      await phone.page.getByRole('heading', { level: 1, name }).waitFor();
      expect([name, await flawsOf(phone.page)]).toEqual([name, []]);
    }
    expect(phone.faults).toEqual([]);
    await phone.page.context().close();
  });

  test('asks no other host, and has no error', () => {
    expect(house.faults).toEqual([]);
  });
});
