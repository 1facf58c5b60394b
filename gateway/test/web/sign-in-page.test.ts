import type { AddressInfo } from 'node:net';
import { BrowserPage } from '@crosscomm/testing/browser';
import { expect, it, onTestFinished } from 'vitest';
import { addAccount, passwordOf } from './accounts.ts';
import { buildWebHouse } from './support.ts';

it('the page at / asks to sign in where that is needed, and signs out', { timeout: 120_000 }, async () => {
  const house = await buildWebHouse({}, { anonymous: 'deny' });
  onTestFinished(() => house.app.close());
  await addAccount(house, 'anna');
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = house.app.server.address() as AddressInfo;
  const page = await BrowserPage.open(`http://127.0.0.1:${port}/`);
  onTestFinished(() => page.close());
  await page.waitForText('main', 'Sign in');
  const signIn = (password: string): Promise<unknown> =>
    page.evaluate(`(() => {
      const form = document.querySelector('form');
      form.account.value = 'anna';
      form.password.value = ${JSON.stringify(password)};
      form.requestSubmit();
    })()`);
  await signIn('wrong');
  await page.waitForText('[role=alert]', 'Wrong');
  await signIn(passwordOf('anna'));
  await page.waitForText('#state', 'running');
  await page.waitForText('.person', 'anna');
  expect(await page.evaluate("document.querySelector('form')")).toBeNull();
  await page.evaluate("document.querySelector('.person button').click()");
  await expect.poll(() => page.evaluate("document.querySelector('main')?.textContent")).toContain('Sign in');
});
