import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const SECRET = 'sesame-4711';
const CLIENTS = 'cross_comm_clients.yaml';

const gateway = new GatewayProcess({ log: { level: 'debug' } });
const open: OocsiClient[] = [];

beforeAll(async () => {
  mkdirSync(gateway.dataDir, { recursive: true });
  const nowS = (Date.now() / 1000).toFixed(1);
  const lost = `{status: offline, last_seen: ${nowS}, protocol: oocsi, subscriptions: [news, "safe:${SECRET}"]}`;
  writeFileSync(join(gateway.dataDir, CLIENTS), `esp: ${lost}\n`);
  await gateway.start();
});
afterAll(async () => {
  for (const client of open) client.close();
  await gateway.dispose();
});

async function connect(handle: string, ...lines: string[]): Promise<OocsiClient> {
  const client = await OocsiClient.connect(gateway.ready.oocsi.port, handle);
  open.push(client);
  for (const line of lines) client.send(line);
  await client.settle();
  return client;
}

/** Every file of the data directory that holds the password. */
function filesWithSecret(): string[] {
  const entries = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(SECRET));
}

test('the password of a private channel is on no disk, in no log and on no other wire', async () => {
  // What an older gateway wrote down is gone before anybody comes.
  await vi.waitFor(() => expect(filesWithSecret()).toEqual([]), { interval: 50 });

  const mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'watcher' });
  const topics: string[] = [];
  mqtt.on('message', (topic, payload) => topics.push(`${topic} ${payload.toString()}`));
  await mqtt.subscribeAsync(['#', '$presence/#']);
  const watcher = await connect(
    'curious',
    'subscribe #',
    'subscribe OOCSI_events',
    'subscribe OOCSI_channels',
    'subscribe OOCSI_connections',
    'subscribe presence(esp)',
  );

  // The lost board's name is not enough.
  const thief = await connect('esp');
  const anna = await connect('anna', `sendraw safe:${SECRET} {"early":1,"_RETAIN":600}`, `subscribe safe:${SECRET}`);
  expect(await anna.take(`safe:${SECRET}`)).toMatchObject({ early: 1 });
  const bert = await connect('bert', `sendraw safe:${SECRET} {"late":1,"_DELAY":600}`, 'subscribe safe:wrong');
  for (const line of [`sendraw safe:${SECRET} {"n":1,"_RETAIN":600}`, `subscribe safe:${SECRET}[filter(x >)]`])
    bert.send(line);
  expect(await anna.take(`safe:${SECRET}`)).toMatchObject({ n: 1 });
  await bert.settle();
  await thief.settle();
  anna.send('sendraw everyone {"heard":true}');
  await watcher.takeLine((line) => line.includes('"heard":true'));
  await vi.waitFor(() => expect(topics.join('\n')).toContain('heard'));

  const { port } = gateway.ready.http;
  const status = await (await fetch(`http://127.0.0.1:${port}/status`)).text();
  const channels = await (await fetch(`http://127.0.0.1:${port}/channels`)).text();
  await expect.poll(() => gateway.program.errors).toContain('PEER_NOT_ALLOWED');
  const output = gateway.program.errors;
  for (const seen of [...watcher.kept, ...thief.kept, ...topics, status, channels, output]) {
    expect(seen).not.toContain(SECRET);
  }

  await mqtt.endAsync();
  await gateway.stop();
  expect(filesWithSecret()).toEqual([]);
  await gateway.start();
  const carl = await connect('carl', `subscribe safe:${SECRET}`);
  expect(await carl.take(`safe:${SECRET}`)).toMatchObject({ n: 1 });
});
