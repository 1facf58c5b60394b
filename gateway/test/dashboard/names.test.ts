import { overflowOf, type WatchedPage } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import type { MqttClient } from 'mqtt';
import { beforeAll, describe, expect, test } from 'vitest';

const TURNED = '\u202egnp.exe';
const LONG = 'a'.repeat(120);
const DEEP = Array.from({ length: 30 }, (_, level) => `level${level}`).join('/');
const NAMES = [TURNED, LONG, '"><img src=x onerror=alert(1)>', '__proto__', '你好'.repeat(40), '#'];
const CHANNELS = [...NAMES.slice(0, 4), DEEP, 'fields'];
const BODIES = [
  '12345678901234567890123',
  `${'['.repeat(2000)}${']'.repeat(2000)}`,
  'w'.repeat(5000),
  '\u202e\u0007\u001b[31m',
  '{"constructor": 5, "__proto__": 1, "toString": "<i>"}',
];

describe('names and messages of strangers on the dashboard, in Chromium', () => {
  const house = new DashboardHouse({
    async prepare(own) {
      const clients: MqttClient[] = [];
      for (const name of NAMES) clients.push(await own.join(name, CHANNELS.slice(1)));
      for (const channel of CHANNELS) {
        await Promise.all(BODIES.map((body) => clients[1]?.publishAsync(channel, body, { qos: 1 })));
      }
      const address = `${own.url}objects/${'p'.repeat(200)}.png?from=${LONG}&to=${LONG}&kind=file`;
      await fetch(address, { method: 'PUT', body: 'x' });
    },
  });
  let phone: WatchedPage;

  beforeAll(async () => {
    phone = await house.onPhone(house.urlOf('clients'));
  });

  test('are read in their own direction', async () => {
    const { page } = phone;
    await page.getByRole('link', { name: '\\u202egnp.exe', exact: true }).waitFor();
    expect(await page.getByText('\u202e').count()).toBe(0);
  });

  test.each([
    ...['clients', 'channels', 'conversation', 'graph', 'files', 'trace'],
    ...[TURNED, LONG].map((name) => `clients/${encodeURIComponent(name)}`),
    ...[LONG, '__proto__', DEEP].map((name) => `channels/${encodeURIComponent(name)}`),
  ])('make no page wider than a phone: %s', async (name) => {
    const { page, faults } = phone;
    await page.goto(house.urlOf(name));
    await page.locator('h1').first().waitFor();
    await page.locator('main').getByText('Loading').waitFor({ state: 'detached' });
    expect([await overflowOf(page), faults]).toEqual([0, []]);
  });

  test('are fields of a form like any others', async () => {
    const { page } = house;
    await house.go('channels/fields');
    const field = page.getByRole('spinbutton', { name: 'constructor' });
    await field.waitFor();
    expect(await field.inputValue()).toBe('5');
  });
});
