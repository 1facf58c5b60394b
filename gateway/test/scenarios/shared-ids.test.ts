import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connect, connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** Python takes a second to start; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;

let gateway: GatewayProcess;
const clients: MqttClient[] = [];
const programs: Program[] = [];

beforeEach(async () => {
  gateway = new GatewayProcess();
  await gateway.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL')));
  await gateway.dispose();
});

interface Status {
  incidents: Record<string, number>;
  sharedIds: { id: string; protocol: string; times: number }[];
}

async function status(): Promise<Status> {
  const response = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`);
  return (await response.json()) as Status;
}

/** The lines of the log that tell of shared ids, once there is one. */
async function logged(): Promise<string[]> {
  await gateway.program.errorLine(/(Several clients have)/);
  return gateway.program.errors.split('\n').filter((line) => line.includes('Several clients have'));
}

describe('a class that copies the sample', () => {
  test('with 25 MQTT boards of one id is one incident, which says what to do, and one of them is connected', async () => {
    const port = gateway.ready.mqtt.port;
    let connected = 0;
    for (let board = 0; board < 25; board++) {
      const client = connect({ host: '127.0.0.1', port, clientId: 'kitchen', reconnectPeriod: 50, protocolVersion: 4 });
      client.on('connect', () => connected++);
      client.on('error', () => {});
      clients.push(client);
    }
    await expect.poll(async () => (await status()).sharedIds[0]?.times ?? 0, { timeout: 30_000 }).toBeGreaterThan(60);
    expect(connected).toBeGreaterThan(1);
    const { incidents, sharedIds } = await status();
    expect(incidents).toEqual({ 'mqtt PEER_ID_SHARED': 1 });
    expect(sharedIds).toMatchObject([{ id: 'kitchen', protocol: 'mqtt' }]);
    expect(await logged()).toEqual([expect.stringMatching(/kitchen.*127\.0\.0\.1.*Give each its own id/)]);
    const [one, ...others] = clients as [MqttClient, ...MqttClient[]];
    for (const client of others) client.end(true);
    // Its connection may still be one that another has taken just before.
    await vi.waitFor(() => one.subscribeAsync('lamp'), { interval: 50 });
    const heard: string[] = [];
    one.on('message', (_, payload) => heard.push(payload.toString()));
    const sender = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'sender' });
    clients.push(sender);
    await expect
      .poll(async () => {
        await sender.publishAsync('lamp', 'on');
        return heard;
      })
      .toContain('on');
  }, 120_000);

  test(
    'with three OOCSI programs of one name is one incident, and the first keeps the name',
    async () => {
      for (let number = 0; number < 3; number++) {
        const program = startPython(`program ${number}`, 'oocsi_agent.py');
        programs.push(program);
        program.command({ do: 'connect', handle: 'my-program', ...gateway.ready.oocsi });
        if (number === 0) await program.take('connected', { handle: 'my-program' }, LIMIT_MS);
        else await program.take('log', { text: 'error (name already registered: my-program)\n' }, LIMIT_MS);
      }
      const { incidents, sharedIds } = await status();
      expect(incidents).toEqual({ 'oocsi PEER_ID_SHARED': 1, 'oocsi PEER_NAME_TAKEN': 2 });
      expect(sharedIds).toEqual([{ id: 'my-program', protocol: 'oocsi', times: 2 }]);
      expect(await logged()).toEqual([expect.stringMatching(/my-program.*127\.0\.0\.1.*Give each its own id/)]);
      const page = await BrowserPage.open(`http://127.0.0.1:${gateway.ready.http.port}/`);
      try {
        await page.waitForText('#problems', 'my-program (oocsi)');
      } finally {
        await page.close();
      }
      const [first] = programs;
      first?.command({ do: 'send', channel: 'my-program', data: { still: 'here' } });
      await first?.take('message', { data: { still: 'here' } });
    },
    4 * LIMIT_MS,
  );
});
