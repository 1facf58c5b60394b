import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const COMPONENTS = {
  plug: { channel_name: 'plugs', type: 'switch', state: false },
  light: { channel_name: 'lights', type: 'light', ledType: 'RGB', spectrum: ['RGB'], state: false, brightness: 51 },
  target: { channel_name: 'targets', type: 'number', min: 10, max: 30, value: 21, unit: 'C' },
  warmth: { channel_name: 'warmths', type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 20.5 },
  door: { channel_name: 'doors', type: 'binary_sensor', state: true },
};

const CONFIGURED = {
  name: 'Door',
  area: 'Hall',
  components: [
    { name: 'bell', type: 'event', channel: 'bells', options: ['ring', 'knock'] },
    { name: 'open', type: 'button', channel: 'openers', field: 'open' },
    { name: 'line', type: 'text', channel: 'displays' },
    { name: 'led', type: 'switch', channel: 'leds', field: 'led', on: 1, off: 0 },
    { name: 'chill', type: 'sensor', channel: 'chills', unit: '°C' },
  ],
};

describe('devices in the dashboard, in Chromium', () => {
  let page: Page;
  let device: OocsiClient;
  let card: Locator;

  /** The fields of the next message that the device gets on this channel. */
  const heard = async (channel: string): Promise<unknown> => {
    const line = await device.takeLine((text) => text.startsWith('{') && JSON.parse(text).recipient === channel);
    const { recipient, sender, timestamp, ...data } = JSON.parse(line);
    return data;
  };

  const prepare = async ({ gateway }: DashboardHouse): Promise<void> => {
    device = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
    for (const { channel_name } of Object.values(COMPONENTS)) device.send(`subscribe ${channel_name}`);
    const told = { properties: { device_id: 'room', maker: 'Ada' }, components: COMPONENTS, location: { Lab: [1, 2] } };
    device.send(`sendraw heyOOCSI! ${JSON.stringify({ 'The <b>room</b>': told })}`);
  };
  const house = new DashboardHouse({ page: 'devices', prepare, configuration: { devices: [CONFIGURED] } });
  beforeAll(() => {
    page = house.page;
    card = page.locator('section.card', { hasText: 'The <b>room</b>' });
  });
  afterAll(() => device?.close());

  test('shows what a device told of itself, as it told it', async () => {
    await card.getByText('Lab').waitFor();
    await card.getByText('Ada').waitFor();
    await card.getByText('20.5 °C').waitFor();
    expect(await card.getByRole('switch', { name: 'plug' }).getAttribute('aria-checked')).toBe('false');
    expect(await card.getByLabel('Brightness').getAttribute('aria-valuetext')).toBe('20%');
    expect(await flawsOf(page)).toEqual([]);
  });

  test('shows what the device says since', async () => {
    device.send('sendraw warmths {"value":23.5}');
    device.send('sendraw doors {"state":false,"component":"door"}');
    device.send('sendraw plugs {"state":true}');
    await card.getByText('23.5 °C').waitFor();
    await card.locator('li', { hasText: 'door' }).getByText('off').waitFor();
    await expect.poll(() => card.getByRole('switch', { name: 'plug' }).getAttribute('aria-checked')).toBe('true');
  });

  test('sets a switch, a number, and a light with its colour', async () => {
    await card.getByRole('switch', { name: 'plug' }).click();
    expect(await heard('plugs')).toEqual({ state: false });
    await card.getByLabel('Value').fill('25');
    expect(await heard('targets')).toEqual({ value: 25 });
    await card.getByText('25 °C').waitFor();
    await card.getByRole('switch', { name: 'light' }).click();
    expect(await heard('lights')).toEqual({ state: true });
    await card.getByLabel('Colour').fill('#ff8000');
    expect(await heard('lights')).toEqual({ state: true, colorrgb: [255, 128, 0], brightness: 51 });
  });

  test('says so where nobody hears what was set, and shows the same to the next page', async () => {
    device.send('unsubscribe plugs');
    await device.settle();
    await card.getByRole('switch', { name: 'plug' }).click();
    await card.getByText('Sent, but nobody listens to it now.').waitFor();
    const phone = await house.onPhone(page.url(), { colorScheme: 'dark' });
    await phone.page.locator('section.card', { hasText: '25 °C' }).waitFor();
    await phone.page.getByRole('switch', { name: 'plug', checked: true }).waitFor();
    expect([...(await flawsOf(phone.page)), ...phone.faults]).toEqual([]);
    await phone.page.context().close();
  });

  test('shows what the configuration describes, and sets it in its own fields', async () => {
    const door = page.locator('section.card', { hasText: 'Hall' });
    await door.getByText('Hall').waitFor();
    for (const { channel } of CONFIGURED.components) device.send(`subscribe ${channel}`);
    await device.settle();
    await door.getByRole('button', { name: 'Press: open' }).click();
    expect(await heard('openers')).toEqual({ open: true });
    await door.getByRole('switch', { name: 'led' }).click();
    expect(await heard('leds')).toEqual({ led: 1 });
    await expect.poll(() => door.getByRole('switch', { name: 'led' }).getAttribute('aria-checked')).toBe('true');
    await door.getByLabel('Value').fill('hello');
    await door.getByLabel('Value').blur();
    expect(await heard('displays')).toEqual({ value: 'hello' });
    device.send('sendraw leds {"led":0}');
    device.send('sendraw bells {"event":"knock"}');
    device.send('sendraw chills {"value":-3}');
    await door.getByText('knock').waitFor();
    await door.getByText('−3 °C').or(door.getByText('-3 °C')).waitFor();
    await expect.poll(() => door.getByRole('switch', { name: 'led' }).getAttribute('aria-checked')).toBe('false');
    expect(await flawsOf(page)).toEqual([]);
  });

  test('asks no other host, and has no error', () => {
    expect(house.faults).toEqual([]);
  });
});
