import { BrowserPage } from '@crosscomm/testing/browser';
import { SteppedClock } from '@crosscomm/testing/faketime';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects } from '@crosscomm/testing/http-objects';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const HOUR_MS = 3_600_000;
const YEAR_MS = 8760 * HOUR_MS;
const CONTENT = Buffer.from('hello');

describe('a gateway whose wall clock is set while it runs', () => {
  const env: NodeJS.ProcessEnv = {};
  const gateway = new GatewayProcess({ objects: { maxAgeMs: 24 * HOUR_MS } }, env);
  const clock = new SteppedClock(gateway.folder);
  Object.assign(env, clock.env);
  const objects = new HttpObjects(gateway);
  const open: OocsiClient[] = [];
  let key = '';
  let page: BrowserPage | undefined;

  beforeAll(async () => {
    await gateway.start();
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await page?.close();
    await gateway.dispose();
  });

  async function connect(handle: string): Promise<OocsiClient> {
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, handle);
    open.push(client);
    return client;
  }
  test('loses nothing that was to last, and sends what it was to send', async () => {
    const anna = await connect('anna');
    const esp = await connect('esp');
    esp.send('subscribe lamp');
    await esp.settle();
    esp.close();
    anna.send('sendraw shelf {"kept":true,"_RETAIN":600}');
    const bert = await connect('bert');
    bert.close();
    const online = async (): Promise<unknown> => (await fetch(`${objects.url}/api/v1/clients/bert`)).json();
    await expect.poll(online).toMatchObject({ online: false });
    key = await objects.put(CONTENT, 'from=cam&to=bert');

    const watcher = await connect('watcher');
    watcher.send('subscribe alarm');
    await watcher.settle();
    for (const aheadMs of [HOUR_MS, YEAR_MS, -HOUR_MS]) {
      anna.send(`sendraw alarm {"before":${aheadMs},"_DELAY":1}`);
      await anna.settle();
      clock.stepTo(aheadMs);
      expect(await watcher.take('alarm')).toMatchObject({ before: aheadMs });
    }

    // For an hour, a year and an hour back everyone had to go, and nobody had to.
    clock.stepTo(YEAR_MS);
    expect(await (await connect('bert')).take('bert')).toMatchObject({ sender: 'cam', object_key: key });
    const espAgain = await connect('esp');
    anna.send('sendraw lamp {"on":1}');
    expect(await espAgain.take('lamp')).toMatchObject({ on: 1 });
    const reader = await connect('reader');
    reader.send('subscribe shelf');
    expect(await reader.take('shelf')).toMatchObject({ kept: true });
  });

  test('still has it all when it starts again in the other time', async () => {
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect((await objects.get(key)).status).toBe(200);
    const reader = await connect('reader');
    reader.send('subscribe shelf');
    expect(await reader.take('shelf')).toMatchObject({ kept: true });
  });

  test('shows on its page for how long clients are there, though the browser has another time', async () => {
    clock.stepTo(-3 * HOUR_MS);
    await connect('newcomer');
    page = await BrowserPage.open(`${objects.url}/#/clients`);
    await page.waitForText('table', 'newcomer');
    const rows = await page.evaluate("[...document.querySelectorAll('tr')].map((row) => row.innerText).join()");
    expect(rows).toMatch(/newcomer\s+oocsi\s+anonymous\s+127\.0\.0\.1:\d+\s+\d+ s\b/);
  });
});
