import { BrowserPage } from '@crosscomm/testing/browser';
import { PairingScreen } from '@crosscomm/testing/pairing-screen';
import { Place } from '@crosscomm/testing/place';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('the page at /pair, in Chromium', () => {
  const place = new Place();
  let page: BrowserPage;

  beforeAll(async () => {
    await place.start({ auth: { anonymous: 'deny' } });
    page = await BrowserPage.open(`${place.url}/pair`);
  });
  afterAll(async () => {
    await page?.close();
    await place.dispose();
  });

  const open = async (hash: string): Promise<void> => {
    // A fragment alone opens no other page.
    await page.go('about:blank');
    await page.go(`${place.url}/pair${hash}`);
  };
  const submit = (fields: Record<string, string>): Promise<unknown> =>
    page.evaluate(`(() => {
      const form = document.querySelector('#form');
      for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.elements[name].value = value;
      form.requestSubmit();
    })()`);
  const text = async (id: string): Promise<string> =>
    String(await page.evaluate(`document.querySelector('#${id}').textContent`));

  it('shows the token of the code in its address, and how to use it', async () => {
    const { screen, code } = await PairingScreen.open(place.dataDir);
    await open(`#${code}`);
    await submit({ name: 'door' });
    await page.waitForText('#name', 'door');
    expect(await screen.next()).toMatchObject({ event: 'joined', id: 'door', protocol: 'http' });
    const token = await text('token');
    expect(token).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await text('crosscomm')).toBe(`ip='door:${token}@127.0.0.1'`);
    expect(await page.evaluate("document.querySelector('#form').hidden && location.hash")).toBe('');
    await page.evaluate("document.querySelector('#copy').click()");
    await expect.poll(() => text('copied')).not.toBe('');
    expect(await page.evaluate('getSelection().toString()')).toBe(token);
    const { port } = place.listeners.mqtt;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      ...{ clientId: 'door', username: 'door', password: token, reconnectPeriod: 0 },
    });
    expect(await screen.next()).toMatchObject({ event: 'paired', id: 'door' });
    await client.endAsync();
  });

  it('says what is wrong, and lets it be typed again', async () => {
    const { screen, code } = await PairingScreen.open(place.dataDir, '--minutes', '1');
    await open('');
    await submit({ code: code === '111111' ? '222222' : '111111', name: 'lamp' });
    await page.waitForText('#fault', 'the pairing code is wrong, used up or too old');
    expect(await text('fault')).toContain('Ask whoever made the code');
    expect(await screen.next()).toMatchObject({ event: 'wrong' });
    await submit({ code, name: '' });
    await page.waitForText('#fault', 'give a name');
    await submit({ code, name: '<b>lamp</b>' });
    await page.waitForText('#fault', 'letters, digits');
    await submit({ code, name: 'lamp' });
    await page.waitForText('#name', 'lamp');
  });

  it('says so where the gateway does not answer', async () => {
    await open('#123456');
    await place.stop();
    await submit({ name: 'lamp' });
    await page.waitForText('#fault', 'does not answer');
  });
});
