import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningGateway, startGateway } from '../../../src/app/start-gateway.ts';
import type { ClientView } from '../../../src/web/api/clients.ts';

let gateway: RunningGateway;
let dataDir: string;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const port = { host: '127.0.0.1', port: 0 };
  const doors = { http: port, oocsi: port, mqtt: port, oss: port, serial: { autoDetect: false } };
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-api-'));
  gateway = await startGateway({ dataDir, ...doors });
});
afterAll(async () => {
  for (const end of ends.splice(0)) await end();
  await gateway.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`http://127.0.0.1:${gateway.doors.http.port}/api/v1/${path}`)).json()) as T;
}

async function connect(clientId: string, protocolVersion: 4 | 5): Promise<mqtt.MqttClient> {
  const { port } = gateway.doors.mqtt;
  const client = await mqtt.connectAsync({ host: '127.0.0.1', port, clientId, protocolVersion });
  ends.push(() => client.endAsync(true));
  return client;
}

const counts = async (id: string): Promise<[received: number, sent: number, subscriptions: number]> => {
  const { received, sent, subscriptionCount } = await get<ClientView>(`clients/${id}`);
  return [received, sent, subscriptionCount];
};

it.each([
  ['3.1.1', 4],
  ['5', 5],
] as const)('counts for each client what it sent and was sent, in MQTT %s and beyond', async (name, version) => {
  const channel = `counted/${name}`;
  const sender = await connect(`sender-${version}`, version);
  const listener = await connect(`listener-${version}`, version);
  await listener.subscribeAsync([channel, `${channel}/#`]);
  const oocsi = await OocsiClient.connect(gateway.doors.oocsi.port, `oocsi-${version}`);
  ends.push(() => oocsi.socket.destroy());
  oocsi.send(`subscribe ${channel}`);
  oocsi.send('ping');
  await oocsi.takeLine((line) => line.trim() === '.');
  for (const qos of [0, 1, 2] as const) await sender.publishAsync(channel, 'on', { qos });
  await expect.poll(() => counts(`listener-${version}`)).toEqual([0, 3, 2]);
  await expect.poll(() => counts(`oocsi-${version}`)).toEqual([0, 3, 1]);
  expect(await counts(`sender-${version}`)).toEqual([3, 0, 0]);
});

it('lists channels that only MQTT clients know, and what they retain', async () => {
  const client = await connect('keeper', 5);
  await client.subscribeAsync('greenhouse/door');
  await client.publishAsync('greenhouse/door', 'open', { retain: true, qos: 1 });
  expect(await get('channels?prefix=greenhouse/')).toEqual({
    channels: [{ name: 'greenhouse/door', subscriberCount: 1, retained: true, kept: false }],
  });
  expect(await get('channels/greenhouse%2Fdoor')).toMatchObject({
    subscribers: ['keeper'],
    retained: { from: 'keeper', kind: 'text', body: 'open' },
  });
});
