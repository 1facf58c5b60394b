import { accountOf } from '@crosscomm/testing/accounts';
import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { secretToken } from '@crosscomm/testing/secrets';
import { describe, expect, test } from 'vitest';

const TOKEN = secretToken();

describe('the page to which the picture of a pairing code leads, on a phone', () => {
  const house = new DashboardHouse({ accounts: [accountOf('anna', { roles: ['admin'], token: TOKEN })] });
  const newCode = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const answer = await fetch(`${house.url}api/v1/pairings`, { method: 'POST', headers, body: '{}' });
    return ((await answer.json()) as { code: string }).code;
  };

  test.each([
    ['en', 'Name of the device', 'Get its token', /is paired/],
    ['zh-CN', '设备名称', '获取令牌', /已配对/],
  ])('asks for a name and shows the token, in the language of the browser: %s', async (locale, name, get, paired) => {
    const { page, faults } = await house.onPhone(`${house.url}pair#${await newCode()}`, { locale });
    await page.getByLabel(name).fill(`lamp-${locale}`);
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: get }).click();
    await page.getByText(paired).waitFor();
    expect(await page.locator('#token').textContent()).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await page.locator('#mqtt').textContent()).toContain(`lamp-${locale}`);
    expect([await flawsOf(page), faults]).toEqual([[], []]);
  });

  test.each([
    ['en', 'Get its token', /Ask whoever made the code for another one/],
    ['zh-CN', '获取令牌', /请向生成配对码的人要一个新的/],
  ])('says what to do where the code is wrong: %s', async (locale, get, advice) => {
    const { page } = await house.onPhone(`${house.url}pair#000000`, { locale });
    await page.getByRole('button', { name: get }).click();
    await page.getByRole('alert').getByText(advice).waitFor();
  });
});
