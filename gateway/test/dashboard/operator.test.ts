import { readFile } from 'node:fs/promises';
import { accountOf } from '@crosscomm/testing/accounts';
import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { secretPassword } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { connectAsync } from 'mqtt';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = secretPassword();

describe('the dashboard of a gateway with accounts, in Chromium', () => {
  const house = new DashboardHouse({
    configuration: { auth: { anonymous: 'deny' } },
    accounts: [
      accountOf('anna', { roles: ['admin'], password: PASSWORD }),
      accountOf('ben', { roles: ['member'], password: PASSWORD }),
    ],
  });
  let page: Page;

  const open = async (name: string): Promise<void> => {
    await page.getByRole('link', { name, exact: true }).click();
    await page.locator('h1:focus').waitFor();
  };

  beforeAll(() => {
    page = house.page;
  });

  test('asks who one is, and keeps nobody out by how it looks', async () => {
    await page.getByText('Sign in to see what goes on here.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    // That it is not let in yet is no fault.
    house.faults.length = 0;
    await house.signIn('anna', PASSWORD);
    await page.getByText(/running for/).waitFor();
    await page.getByText('anna', { exact: true }).waitFor();
  });

  test('shows a class, says what its teams may do, and tells all of them something', async () => {
    await open('Class');
    await page.getByText('There is no class.').waitFor();
    const shell = new TestShell();
    const { dataDir } = house.gateway;
    const start = ['class', 'start', '--teams', '2', '--minutes', '5', '--json', '--data-dir', dataDir];
    expect([await shell.run(...start), shell.stderr.text]).toEqual([0, '']);
    const [{ code } = { code: '' }] = shell.stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { team: string; code: string })
      .filter(({ team }) => team === 'team1');
    const row = (team: string) => page.getByRole('row', { name: new RegExp(`^${team} `) });
    await row('team2').getByText('nobody is online').waitFor();
    const { port } = house.gateway.ready.mqtt;
    const lamp = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      ...{ clientId: 'lamp', username: 'team1', password: code, reconnectPeriod: 0 },
    });
    const heard: string[] = [];
    lamp.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await lamp.subscribeAsync(['class/#', 'kitchen']);
    await row('team1').getByText('has said nothing yet').waitFor();
    await lamp.publishAsync('kitchen', 'warm', { qos: 1 });
    await row('team1').getByText(/ago$/).waitFor();
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze' }).click();
    await page.getByText('Teams hear, and send nothing.').first().waitFor();
    await page.getByLabel('Text').fill('Five minutes left');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect.poll(() => heard).toEqual(['kitchen warm', 'class/hall Five minutes left']);
    expect(await flawsOf(page)).toEqual([]);
    await lamp.endAsync();
    expect(await new TestShell().run('class', 'end', '--data-dir', dataDir)).toBe(0);
    await page.getByText('There is no class.').waitFor();
  });

  test('gives out a backup, and says how one is restored', async () => {
    await open('Backup');
    await page.getByText('None are made.').waitFor();
    await page.getByText('crosscomm restore crosscomm.tar').waitFor();
    await page.getByLabel('With files and images, which may be large').check();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download a backup' }).click();
    const file = await download;
    expect(file.url()).toMatch(/\/api\/v1\/backup\?objects=true$/);
    expect(file.suggestedFilename()).toMatch(/^crosscomm-[\d-]+\.tar$/);
    const start = (await readFile(await file.path())).subarray(0, 512).toString();
    expect(start).toMatch(/^crosscomm-backup\/backup\.json/);
  });

  test('adds an account, whose token is shown once and is good', async () => {
    await open('Accounts');
    await page.getByLabel('Name').fill('door');
    await page.getByLabel(/^Role/).selectOption('device');
    await page.getByRole('button', { name: 'Add an account' }).click();
    await page.getByText('The token of door, which is not shown again:').waitFor();
    const password = (await page.locator('.notice code').textContent()) ?? '';
    const { port } = house.gateway.ready.mqtt;
    const door = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      ...{ clientId: 'door', username: 'door', password, reconnectPeriod: 0 },
    });
    await door.publishAsync('kitchen/ligth', 'on', { qos: 1 });
    await page.getByRole('link', { name: 'door', exact: true }).waitFor();
    await open('Clients');
    await page.getByRole('row', { name: /door mqtt door by token/ }).waitFor();
    await door.endAsync();
  });

  test('makes a role of rules, and gives it to an account with an end and a password', async () => {
    await open('Accounts');
    await page.getByRole('button', { name: 'New role' }).click();
    await page.getByLabel('Name of the role').fill('lab');
    await page.getByLabel('call functions').check();
    await page.getByLabel('Where').fill('lab/#, %a/#');
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const second = page.getByRole('group', { name: 'Rule 2' });
    await second.getByLabel('What the rule says').selectOption('deny');
    await second.getByLabel('send', { exact: true }).check();
    await second.getByLabel('Where').fill('lab/secret');
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('summary', { hasText: 'lab' }).click();
    await page.getByText('send, listen, call functions').waitFor();
    await page.getByRole('link', { name: 'door', exact: true }).click();
    await page.getByLabel('lab', { exact: true }).check();
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByText('Done.').waitFor();
    for (const [label, value, what] of [
      ['Good until', '2099-01-31T18:00', 'expiry'],
      ['Client ids that nobody else may take', 'door-bell, gate*', 'ids'],
      ['New password', PASSWORD, 'password'],
    ] as const) {
      const saved = page.waitForResponse((answer) => answer.url().endsWith(`/door/${what}`));
      await page.getByLabel(label).fill(value);
      await page.getByLabel(label).press('Enter');
      expect((await saved).ok()).toBe(true);
    }
    await page.getByText('It has one.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Accounts' }).last().click();
    await page.getByText(/password · tokens: 1 · owns the ids door-bell, gate\* · until Jan 31, 2099/).waitFor();
  });

  test('revokes one token of several, and says what is wrong with a question', async () => {
    await page.getByRole('link', { name: 'door', exact: true }).click();
    await page.getByLabel('What the new token is for').fill('the gate');
    await page.getByRole('button', { name: 'New token' }).click();
    const line = page.getByRole('listitem').filter({ hasText: 'the gate' });
    await line.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await line.waitFor({ state: 'detached' });
    for (const role of ['device', 'lab']) await page.getByLabel(role, { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Save' }).first().click();
    await page.getByRole('alert').filter({ hasText: /roles/ }).waitFor();
    house.faults.length = 0;
  });

  test('tells why a message did not arrive', async () => {
    await open('Not arrived?');
    await page.getByText(/Nobody subscribes to kitchen\/ligth/).waitFor();
    await page.getByRole('searchbox').fill('somebody else');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByText(/No message of somebody else or to it since/).waitFor();
    await page.getByRole('searchbox').fill('door');
    await page.keyboard.press('Enter');
    await page.getByText(/Nobody subscribes to kitchen\/ligth/).waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test('makes a code for a device, as a picture too', async () => {
    await open('Devices');
    await page.getByText('No board is plugged in.').waitFor();
    await page.getByLabel('Name of the device').fill('lamp');
    const minutes = page.getByLabel('Minutes that the code is good for');
    await minutes.fill('61');
    await page.getByRole('button', { name: 'Make a code' }).click();
    expect(await minutes.evaluate((field: { validity: { valid: boolean } }) => field.validity.valid)).toBe(false);
    await minutes.fill('20');
    const roles = page.getByRole('group', { name: 'What its account may do' });
    expect(await roles.getByRole('checkbox', { checked: true }).evaluateAll((boxes) => boxes.length)).toBe(1);
    await roles.getByLabel('device', { exact: true }).uncheck();
    await roles.getByLabel('lab', { exact: true }).check();
    await roles.getByLabel('viewer', { exact: true }).check();
    await page.getByRole('button', { name: 'Make a code' }).click();
    const code = (await page.locator('.pairing .big').textContent())?.replace(/\D/g, '') ?? '';
    expect(code).toMatch(/^\d{6}$/);
    await page.getByText(/^Good for (20|19) min/).waitFor();
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    await page.getByText(`${house.url}pair#${code}`).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const answer = await fetch(`${house.url}api/v1/pair`, {
      ...{
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code, name: 'lamp' }),
      },
    });
    expect(answer.status).toBe(200);
    await page.getByText('the device is there').waitFor();
    const paired = page.locator('section.card', { hasText: 'Paired devices' });
    await paired.getByRole('link', { name: 'lamp', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await open('Accounts');
    await page
      .getByRole('listitem')
      .filter({ hasText: /lamp.*lab.*viewer/ })
      .waitFor();
    await open('Devices');
    await page.getByRole('button', { name: 'Make a code' }).waitFor();
  });

  test('shows a member what members may see, on a phone', async () => {
    const phone = await house.onPhone(house.url);
    await house.signIn('ben', PASSWORD, phone.page);
    await phone.page.getByRole('button', { name: 'Menu' }).click();
    await phone.page.getByRole('link', { name: 'Clients' }).waitFor();
    expect(await phone.page.getByRole('link', { name: /Accounts|Not arrived/ }).count()).toBe(0);
    await phone.page.context().close();
  });

  test('signs out, after nothing went wrong', async () => {
    // A page may have asked once more for the code that it was just told to end.
    expect(house.faults.filter((fault) => !/ 404 .*\/pairings\/[^/]*\)$/.test(fault))).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Sign in to see what goes on here.').waitFor();
  });

  test('says so where a session has ended, and goes on after signing in', async () => {
    await house.signIn('anna', PASSWORD);
    await open('Accounts');
    await house.gateway.kill();
    await house.gateway.start();
    await page.getByText('Sign in again: the session has ended').waitFor();
    await house.signIn('anna', PASSWORD);
    await page.getByRole('link', { name: 'ben', exact: true }).waitFor();
  });
});
