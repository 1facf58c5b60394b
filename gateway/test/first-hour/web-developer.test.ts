import { BrowserPage } from '@crosscomm/testing/browser';
import { FreshClone } from '@crosscomm/testing/fresh-clone';
import { FREE_PORTS, portsOf, startGateway } from '@crosscomm/testing/newcomer';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

// A web developer: a page of one's own that shows a live value, in at most three minutes of typing.

// Several programs start one after the other, on a machine that runs everything else at once.
vi.setConfig({ testTimeout: 180_000 });

let clone: FreshClone;
let page: BrowserPage | undefined;
beforeAll(() => {
  clone = new FreshClone({ isBuilt: true });
});
afterEach(async () => {
  await page?.close();
  await clone.closeTerminals();
});
afterAll(() => clone.dispose());

test('a page of one’s own folder shows a live value, and switches a lamp', async () => {
  const guide = 'docs/web.md';
  const sample = clone.sample(guide, 'html');
  clone.write('crosscomm.yaml', `${clone.tells(guide, 'pages: { folder: ./www }')}\n`);
  clone.write('www/index.html', '<!doctype html><title>nothing yet</title>');
  const table = await startGateway(clone, `${FREE_PORTS} --pages-port 0`);
  const { http, mqtt } = portsOf(table.shown);
  const [, address = ''] = await table.see(/Pages +(http:\/\/\S+)/);
  // The file changes while the gateway runs, as in an editor.
  clone.write('www/index.html', sample.replace('192.168.1.10:9898', `127.0.0.1:${http}`));
  page = await BrowserPage.open(address);
  const lamp = clone.type(`mosquitto_sub -d -t lamp -p ${mqtt}`);
  await lamp.see(/SUBACK/);
  const say = clone.type(`while sleep 0.2; do mosquitto_pub -t temperature -m '{"celsius": 21.5}' -p ${mqtt}; done`);
  await page.waitForText('#temperature', '21.5');
  await say.close();
  await page.evaluate("document.getElementById('on').click()");
  const [led] = await lamp.see(/\{"led":\s*1\}/);
  expect(JSON.parse(led)).toEqual({ led: 1 });
});
