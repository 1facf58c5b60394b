import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Program } from '@crosscomm/testing/program';
import { startExample } from '@crosscomm/testing/python';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

describe('an example of the README, beside a device called uno', () => {
  const gateway = new GatewayProcess();
  let uno: OocsiClient;
  let program: Program | undefined;
  let page: BrowserPage | undefined;

  beforeAll(async () => {
    await gateway.start();
    uno = await OocsiClient.connect(gateway.ready.oocsi.port, 'uno');
  });
  afterEach(async () => {
    await program?.stop();
    await page?.close();
    program = undefined;
    page = undefined;
  });
  afterAll(async () => {
    uno?.close();
    await gateway.dispose();
  });

  /** Says the temperature again and again, as the device does, until `done` settles. */
  async function sayUntil<T>(done: Promise<T>): Promise<T> {
    const timer = setInterval(() => uno.send('sendraw uno {"temperature":26.5}'), 50);
    try {
      return await done;
    } finally {
      clearInterval(timer);
    }
  }

  const saysTemperature = (example: Program): Promise<unknown> =>
    example.events.take('temperature', ({ line }) => String(line).includes('26.5'));

  const isSwitched = async (sender: string, led: number): Promise<void> => {
    await uno.takeLine((line) => line.includes(`"led":${led}`) && line.includes(`"sender":"${sender}`));
  };

  test('in Python by OOCSI', async () => {
    program = startExample('oocsi_lamp.py', ['127.0.0.1', String(gateway.ready.oocsi.port)]);
    await expect(sayUntil(saysTemperature(program))).resolves.toBeDefined();
    await isSwitched('oocsi-lamp', 1);
  });

  test('in Python by CrossComm', async () => {
    program = startExample('crosscomm_lamp.py', ['127.0.0.1', String(gateway.ready.http.port)]);
    await expect(sayUntil(saysTemperature(program))).resolves.toBeDefined();
    await isSwitched('crosscomm-lamp', 1);
    await isSwitched('crosscomm-lamp', 0);
  });

  test('that appends what it reads to one object', async () => {
    const args = ['127.0.0.1', String(gateway.ready.http.port), 'logger-1'];
    const says = (example: Program, text: string) =>
      example.events.take(text, ({ line }) => String(line).includes(text));
    program = startExample('append_readings.py', args);
    program.process.stdin?.write('21.5\n22.5\n');
    const [, url = ''] = /(http:.*)/.exec(String((await says(program, 'http:')).line)) ?? [];
    await says(program, '40 bytes');
    await program.stop();
    program = startExample('append_readings.py', args);
    program.process.stdin?.write('23.5\n');
    await says(program, '60 bytes');
    expect(await (await fetch(url)).text()).toMatch(/^\d+\.\d{3},21\.5\n\d+\.\d{3},22\.5\n\d+\.\d{3},23\.5\n$/);
  });

  test('in Node by MQTT', async () => {
    program = startExample('mqtt-lamp.mjs', [`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`]);
    await expect(sayUntil(saysTemperature(program))).resolves.toBeDefined();
    await isSwitched('mqtt-lamp', 1);
  });

  test('in Node by the client', async () => {
    program = startExample('node-lamp.mjs', ['127.0.0.1', String(gateway.ready.http.port)]);
    await expect(sayUntil(saysTemperature(program))).resolves.toBeDefined();
    await isSwitched('node-lamp', 1);
  });

  test('as the web page that the gateway serves', async () => {
    page = await BrowserPage.open(`http://127.0.0.1:${gateway.ready.http.port}/examples/web-lamp.html`);
    await page.waitForText('#state', 'welcome web-lamp-');
    await sayUntil(page.waitForText('#temperature', '26.5'));
    await page.evaluate("document.getElementById('lamp').click()");
    await isSwitched('web-lamp-', 1);
    expect(await page.evaluate("document.getElementById('lamp').textContent")).toBe('Switch the LED off');
  });

  test('is listed on the gateway’s own page', async () => {
    page = await BrowserPage.open(`http://127.0.0.1:${gateway.ready.http.port}/#/clients`);
    await page.waitForText('table', 'uno');
    expect(await page.evaluate('document.title')).toContain('CrossComm');
  });
});
