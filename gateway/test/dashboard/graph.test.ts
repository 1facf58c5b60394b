import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const NASTY = '<img src=x onerror=alert(1)>';
const CROWD = 40;

describe('the graph of the dashboard, in Chromium', () => {
  let page: Page;
  let talk: ReturnType<typeof setInterval>;

  const prepare = async (house: DashboardHouse): Promise<void> => {
    await house.join('lamp', ['kitchen/+']);
    const knob = await house.join('knob');
    await house.join(NASTY, ['chat']);
    talk = setInterval(() => {
      knob.publish('kitchen/light', 'on');
      knob.publish('kitchen/typo/light', 'on');
    }, 100);
  };
  const house = new DashboardHouse({ page: 'graph', prepare });
  const column = (name: string) => page.getByRole('list', { name, exact: true }).getByRole('button');

  beforeAll(() => {
    page = house.page;
  });
  afterAll(() => clearInterval(talk));

  test('shows who sends, through which channel, and who listens, with how much', async () => {
    await column('Who sends')
      .filter({ hasText: /knob.*\d\/s/ })
      .waitFor();
    await column('Channels')
      .filter({ hasText: /^kitchen\/light.*\d\/s/ })
      .waitFor();
    await column('Channels')
      .filter({ hasText: /kitchen\/typo.*nobody listens/ })
      .waitFor();
    await column('Who listens')
      .filter({ hasText: /lamp.*\d\/s/ })
      .waitFor();
    expect(await column('Who listens').allTextContents()).toContain(NASTY);
    const row = page.getByRole('row', { name: /kitchen\/light knob lamp/ });
    await row.waitFor();
    await expect.poll(() => page.locator('path.sends.moves').count()).toBe(2);
  });

  test('tells more of what is chosen by the keyboard, and looks at that alone', async () => {
    await column('Who listens').filter({ hasText: 'lamp' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Subscribes to' }).waitFor();
    await page.getByRole('link', { name: 'kitchen/+' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Only this' }).click();
    await expect.poll(() => column('Channels').count()).toBe(1);
    await page.getByRole('button', { name: 'Only lamp' }).click();
    await expect.poll(() => column('Channels').count()).toBe(3);
    await page.getByRole('searchbox').fill('KNOB');
    await expect.poll(() => column('Channels').count()).toBe(2);
    await page.getByRole('searchbox').fill('');
  });

  test('groups many clients, and looks into a group', async () => {
    const crowd = Array.from({ length: CROWD }, (_, index) => house.join(`esp-${index}`, ['news']));
    await Promise.all(crowd);
    const group = column('Who listens').filter({ hasText: 'esp-…' });
    await expect.poll(() => group.textContent()).toContain(`${CROWD}`);
    await group.click();
    await page.getByText(`${CROWD} together`).waitFor();
    await page.getByRole('button', { name: 'Look into it' }).click();
    await column('Who listens')
      .filter({ hasText: /^esp-0 – esp-1/ })
      .waitFor();
    await page.getByRole('button', { name: 'Only esp-…' }).click();
  });

  test('stands still when it is paused', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await (await house.join('late')).publishAsync('late/news', 'hello');
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    expect(await page.getByText('late', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await column('Who sends').filter({ hasText: 'late' }).waitFor();
  });

  test('keeps nobody out, and fits on a phone, in dark colours and without motion', async () => {
    const phone = await house.onPhone(house.urlOf('graph'), { colorScheme: 'dark', reducedMotion: 'reduce' });
    await phone.page.locator('.knot').first().click();
    await phone.page.getByRole('button', { name: /Look into it|Only this/ }).waitFor();
    expect(await flawsOf(phone.page)).toEqual([]);
    expect([...phone.faults, ...house.faults]).toEqual([]);
  });
});
