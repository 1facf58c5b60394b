import { readFile } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { accountOf } from '@crosscomm/testing/accounts';
import { DESKTOP, flawsOf, PHONE } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { secretPassword } from '@crosscomm/testing/secrets';
import OSS from 'ali-oss';
import { connectAsync } from 'mqtt';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = secretPassword();

describe('certificates and keys in the dashboard, in Chromium', () => {
  const house = new DashboardHouse({
    configuration: { auth: { anonymous: 'deny' }, tls: { auto: true } },
    accounts: [accountOf('anna', { roles: ['admin'], password: PASSWORD }), accountOf('cam', { roles: ['device'] })],
  });
  const { gateway } = house;
  let page: Page;

  const open = async (name: string): Promise<void> => {
    await page.getByRole('link', { name, exact: true }).first().click();
    await page.locator('h1:focus').waitFor();
  };
  /** The text of a file that a click saves. */
  const saved = async (click: () => Promise<void>): Promise<{ name: string; text: string }> => {
    const download = page.waitForEvent('download');
    await click();
    const file = await download;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };
  /** What is wrong with how the page looks, on a phone and on a desktop. */
  const flaws = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      found.push(...(await flawsOf(page)));
    }
    return found;
  };
  /** The fingerprint of the certificate that the gateway shows now, as people read it. */
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const at = { host: '127.0.0.1', port: gateway.ready.http.port, rejectUnauthorized: false };
      const socket = connectTls(at, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      }).on('error', reject);
    });

  beforeAll(async () => {
    page = house.page;
    await house.signIn('anna', PASSWORD);
    await page.getByText(/running for/).waitFor();
    // That it was not let in at first is no fault.
    house.faults.length = 0;
  });

  test('issues a client certificate, by which the account comes in until it is revoked', async () => {
    await open('Accounts');
    await open('cam');
    await page.getByLabel('Good for how many days').fill('30');
    await page.getByRole('button', { name: 'Issue a certificate' }).press('Enter');
    await page.getByText('Save these now: the key is not shown again.').waitFor();
    expect(await flaws()).toEqual([]);
    const press = (name: string) => () => page.getByRole('button', { name, exact: true }).click();
    const cert = await saved(press('Certificate'));
    const key = await saved(press('Key'));
    const ca = await saved(press('Certificate of the gateway'));
    expect([cert.name, key.name, ca.name]).toEqual(['cam.crt', 'cam.key', 'ca.crt']);
    const options = { cert: cert.text, key: key.text, ca: ca.text, clientId: 'cam', reconnectPeriod: 0 };
    const cam = await connectAsync(`mqtts://localhost:${gateway.ready.mqttTls?.port}`, options);
    // The gateway may reset the connection when it ends it.
    cam.on('error', () => {});
    await cam.publishAsync('hall', 'here', { qos: 1 });
    const left = new Promise<void>((resolve) => cam.once('close', () => resolve()));
    const line = page.getByRole('listitem').filter({ hasText: 'until' });
    await line.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('It has no certificate.').waitFor();
    await left;
  });

  test('makes a key for object storage, whose secret is shown once, and revokes it', async () => {
    await open('Accounts');
    await page.getByText('There is no key yet.').waitFor();
    await page.getByLabel('What the key is for').fill('camera');
    await page.getByLabel('Account whose rights it has').fill('cma');
    await page.getByLabel('Beginning of the object keys that it is for').fill('cross_comm/cam/');
    await page.getByRole('button', { name: 'New key' }).press('Enter');
    await page.getByRole('alert').filter({ hasText: 'There is no account cma.' }).waitFor();
    // It was refused, as it should be.
    house.faults.length = 0;
    await page.getByLabel('Account whose rights it has').fill('cam');
    await page.getByLabel('Account whose rights it has').press('Enter');
    await page.getByText('Copy this now: the secret is not shown again.').waitFor();
    expect(await flaws()).toEqual([]);
    const text = (await page.locator('.notice code').textContent()) ?? '';
    await page.getByRole('button', { name: /^Copy: export OSS_ENDPOINT/ }).click();
    await page
      .locator('.notice')
      .getByRole('status')
      .filter({ hasText: /Copied|Selected/ })
      .waitFor({ state: 'attached' });
    const value = (name: string): string => new RegExp(`export ${name}=(.*)`).exec(text)?.[1] ?? '';
    expect(value('OSS_ENDPOINT')).toBe(`http://127.0.0.1:${gateway.ready.oss.port}`);
    const store = new OSS({
      ...{ endpoint: value('OSS_ENDPOINT'), bucket: value('OSS_BUCKET_NAME'), region: 'oss-cn-anywhere' },
      ...{ accessKeyId: value('OSS_ACCESS_KEY_ID'), accessKeySecret: value('OSS_ACCESS_KEY_SECRET'), sldEnable: true },
    });
    await store.put('cross_comm/cam/1.txt', Buffer.from('hello'));
    await expect(store.put('cross_comm/other/1.txt', Buffer.from('hello'))).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    const line = page.getByRole('listitem').filter({ hasText: 'camera' });
    await line.getByText('cross_comm/cam/*').waitFor();
    await line.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('There is no key yet.').waitFor();
    expect(await page.content()).not.toContain(value('OSS_ACCESS_KEY_SECRET'));
    await expect(store.put('cross_comm/cam/2.txt', Buffer.from('hello'))).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
    });
  });

  test('shows the certificate, renews it by keyboard, and gives out the authority', async () => {
    await open('Settings');
    const card = page.locator('section.card', { hasText: 'Encryption (TLS)' });
    await card.getByText(/127\.0\.0\.1.*localhost/).waitFor();
    await card.getByText(`http ${gateway.ready.http.port}`).waitFor();
    expect(await flaws()).toEqual([]);
    const before = await shown();
    const renew = card.getByRole('button', { name: 'Renew' });
    await renew.press('Enter');
    await page.getByRole('dialog', { name: 'Renew the certificate?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await shown()).toBe(before);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Renew' }).press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await shown()).not.toBe(before);
    const authority = await card.getByText(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/).textContent();
    await card.getByRole('button', { name: 'New authority' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'New authority' }).click();
    await card.getByText(authority ?? '').waitFor({ state: 'detached' });
    const { name, text } = await saved(() => card.getByRole('link', { name: 'Download the authority' }).click());
    expect([name, text]).toEqual(['ca.crt', await (await fetch(`${page.url().split('#')[0]}ca.crt`)).text()]);
  });

  test('says in Chinese what keys of the configuration are for, and what is found out about certificates', async () => {
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('searchbox').fill('客户端使用的端口');
    await page.locator('summary', { hasText: 'oss.port' }).click();
    await page.getByText('阿里云对象存储客户端使用的端口；默认 9899（如果空闲）').waitFor();
    expect(await page.locator('main [lang="en"]').count()).toBe(0);
    expect(await flaws()).toEqual([]);
    await page.locator('nav').getByRole('link', { name: '诊断' }).click();
    await page.getByText(/TLS 证书有效期至 \d{4}-\d\d-\d\d。/).waitFor();
    expect(house.faults).toEqual([]);
  });
});
