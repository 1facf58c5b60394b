import { accountOf } from '@crosscomm/testing/accounts';
import { flawsOf } from '@crosscomm/testing/chromium';
import { DashboardHouse } from '@crosscomm/testing/dashboard';
import { EventQueue } from '@crosscomm/testing/json-lines';
import { secretPassword, secretToken } from '@crosscomm/testing/secrets';
import type { MqttClient } from 'mqtt';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = secretPassword();
const TOKEN = secretToken();
const NASTY = '<img src=x onerror=alert(1)>';

describe('boards of controls on the dashboard, in Chromium', () => {
  const heard = new EventQueue('lamp');
  let lamp: MqttClient;
  let page: Page;
  let link: string;

  const prepare = async (house: DashboardHouse): Promise<void> => {
    lamp = await house.join('lamp', ['kitchen/#'], { username: 'anna', password: TOKEN });
    lamp.on('message', (topic, payload) => heard.push({ event: topic, body: payload.toString() }));
    await lamp.publishAsync('kitchen/light', '{"state": "OFF", "brightness": 40}', { retain: true });
  };
  const house = new DashboardHouse({
    configuration: { auth: { anonymous: 'deny' } },
    accounts: [
      accountOf('anna', { roles: ['admin'], password: PASSWORD, token: TOKEN }),
      accountOf('vera', { roles: ['viewer'], password: PASSWORD }),
    ],
    page: 'controls',
    prepare,
  });
  const api = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${house.url}api/v1/${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
  /** Adds a control to the board that is being changed. */
  const add = async (kind: string, fields: Record<string, string>): Promise<void> => {
    await page.getByRole('button', { name: 'Add a control' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is').selectOption(kind);
    for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label, { exact: true }).fill(value);
    await dialog.getByRole('button', { name: 'Done' }).click();
  };
  const sent = async (topic: string, body: string): Promise<void> => {
    await heard.take(`${topic} ${body}`, (event) => event.event === topic && event.body === body);
  };

  beforeAll(async () => {
    page = house.page;
    await house.signIn('anna', PASSWORD);
    await page.getByText('There is no board yet. Make the first one.').waitFor();
    // That nobody was let in before is no fault.
    house.faults.length = 0;
  });

  test('a board is made of controls, which are put in order and sized', async () => {
    await page.getByLabel('Name of the board').fill('Kitchen');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor();
    await add('slider', { Label: 'Brightness', Channel: 'kitchen/light', Field: 'brightness', From: '0', To: '255' });
    await add('switch', { Label: 'Light', Channel: 'kitchen/light', Field: 'state' });
    await add('button', { Label: NASTY, Channel: 'kitchen/scene', 'What it sends': 'night' });
    await add('colour', { Label: 'Colour', Channel: 'kitchen/colour' });
    await add('value', { Label: 'Warmth', Channel: 'kitchen/temperature', Unit: '°C' });
    await add('chart', { Label: 'Warmth over time', Channel: 'kitchen/temperature' });
    await add('text', { Label: 'Hello', Text: 'Mind the cat.' });
    await page.getByRole('button', { name: 'Move Light forward' }).click();
    await page.getByRole('button', { name: 'Size of Light: small' }).click();
    await page.getByRole('button', { name: 'Remove Hello' }).click();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Share' }).waitFor();
    const headings = await page.locator('.board > .card').evaluateAll((cards) => cards.map((card) => card.className));
    expect(headings.slice(0, 2)).toEqual(['card wide', 'card small']);
  });

  test('it shows the last values, and sends as they were said, by touch and keyboard', async () => {
    const slider = page.getByRole('slider', { name: 'Brightness' });
    await expect.poll(() => slider.inputValue()).toBe('40');
    const light = page.getByRole('switch', { name: 'Light' });
    expect(await light.getAttribute('aria-checked')).toBe('false');
    await light.click();
    await sent('kitchen/light', '{"state":"ON"}');
    await page.getByRole('switch', { name: 'Light', checked: true }).waitFor();
    await slider.press('ArrowRight');
    await sent('kitchen/light', '{"brightness":41}');
    await page.getByRole('button', { name: NASTY }).click();
    await sent('kitchen/scene', 'night');
    await page.getByLabel('Colour', { exact: true }).fill('#ff8000');
    await sent('kitchen/colour', '#ff8000');
    await expect
      .poll(async () => {
        lamp.publish('kitchen/temperature', '21.75');
        return await page.getByText('21.75 °C').count();
      })
      .toBe(1);
    await page.locator('.chart canvas').waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test('it shows an image of this gateway', async () => {
    const body = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const answer = await fetch(`${house.url}objects/red.png?from=anna-camera&to=kitchen%2Fcamera`, {
      ...{ method: 'PUT', body, headers: { authorization: `Bearer ${TOKEN}` } },
    });
    const { key } = (await answer.json()) as { key: string };
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await add('image', { Label: 'Camera', 'Or the key of a stored image': key });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('img', { name: 'Camera' }).waitFor();
    await expect.poll(() => page.evaluate("document.querySelector('.control img').naturalWidth")).toBe(8);
  });

  test('what others have changed meanwhile is not overwritten without asking', async () => {
    const id = decodeURIComponent(new URL(page.url()).hash.split('?')[0]?.split('/')[2] ?? '');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByLabel('Name of the board').fill('Mine');
    const board = (await (await api(`boards/${id}`)).json()) as { items: object[]; version: number };
    const theirs = { name: 'Theirs', items: board.items, version: board.version };
    await api(`boards/${id}`, {
      ...{ method: 'PUT', body: JSON.stringify(theirs), headers: { 'content-type': 'application/json' } },
    });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody else has changed this board meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Take theirs' }).click();
    await page.getByRole('heading', { level: 1, name: 'Theirs' }).waitFor();
    // The browser notes that it was refused.
    house.faults.length = 0;
  });

  test('it is shared by a link and a picture, with the rights of whoever opens it', async () => {
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    link = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const phone = await house.onPhone(link, { colorScheme: 'dark' });
    await house.signIn('vera', PASSWORD, phone.page);
    await phone.page.getByRole('heading', { level: 1, name: 'Theirs' }).waitFor();
    expect(await phone.page.getByRole('button', { name: 'Change', exact: true }).count()).toBe(0);
    await phone.page.getByRole('switch', { name: 'Light' }).click();
    await phone.page.getByText(/may not|not allowed/).waitFor();
    expect(await flawsOf(phone.page)).toEqual([]);
    await phone.page.context().close();
  });

  test('what somebody has made is kept, though somebody else has deleted the board meanwhile', async () => {
    const id = decodeURIComponent(new URL(page.url()).hash.split('?')[0]?.split('/')[2] ?? '');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByLabel('Name of the board').fill('Mine');
    await api(`boards/${id}`, { method: 'DELETE' });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody else has changed this board meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Save mine over theirs' }).click();
    await page.getByRole('button', { name: 'Share' }).waitFor();
    expect(((await (await api(`boards/${id}`)).json()) as { name: string }).name).toBe('Mine');
    await api(`boards/${id}`, { method: 'DELETE' });
    await house.go('controls');
    await house.go(`controls/${id}`);
    await page.getByText('There is no such board.').waitFor();
    await page.goBack();
    await page.getByLabel('Name of the board').fill('Last');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Share' }).waitFor();
    // The browser notes what was refused.
    house.faults.length = 0;
  });

  test('it is deleted, once that is confirmed, after nothing went wrong', async () => {
    expect(house.faults).toEqual([]);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByRole('button', { name: 'Delete this board' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete this board' }).click();
    await page.getByText('There is no board yet. Make the first one.').waitFor();
  });
});
