import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { NatsServer } from '@crosscomm/testing/nats-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOf, counted, type Ears, lasting, mqttAt, SOON, say, texts, untilHeard } from './support.ts';

// Two gateways in processes of their own, which are killed: what they acknowledged is on disk, and what came is not had twice.

let server: NatsServer;
let kitchen: GatewayProcess;
let hall: GatewayProcess;
const opened: Ears[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  [kitchen, hall] = ['kitchen', 'hall'].map((name) => new GatewayProcess(clusterOf(name, server))) as [
    GatewayProcess,
    GatewayProcess,
  ];
  await Promise.all([kitchen.start(), hall.start()]);
});
afterAll(async () => {
  for (const { client } of opened) await client.endAsync(true);
  await Promise.all([kitchen.dispose(), hall.dispose()]);
  await server.stop();
});

async function at(gateway: GatewayProcess, clientId: string, ...filters: string[]): Promise<Ears> {
  const ears = await mqttAt(gateway.ready.mqtt.port, { clientId }, ...filters);
  opened.push(ears);
  return ears;
}

test('a gateway that is killed while the servers are away sends what it acknowledged when both are back', async () => {
  const far = await at(hall, 'far', 'killed/#');
  const { client: mouth } = await at(kitchen, 'mouth');
  await untilHeard(mouth, 'killed/x', far);
  await say(mouth, 'killed/x', 0, 100, 2);
  await server.kill();
  await say(mouth, 'killed/x', 100, 1600, 2);
  await kitchen.kill();
  await server.again();
  await kitchen.start();
  const { client: later } = await at(kitchen, 'later');
  await say(later, 'killed/x', 1600, 1700, 2);
  await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(1700);
  expect(counted(far)).toEqual(texts(0, 1700));
}, 180_000);

test('a gateway that is killed while it takes what others sent gives each of it once to a session that lasts', async () => {
  const { client: mouth } = await at(kitchen, 'steady');
  const first = await mqttAt(hall.ready.mqtt.port, lasting('owner'), 'taken/#');
  await untilHeard(mouth, 'taken/x', first);
  await first.client.endAsync();
  const near = await at(kitchen, 'near', 'taken/#');
  const all = say(mouth, 'taken/x', 0, 3000);
  await expect.poll(() => counted(near).length, { ...SOON, interval: 1 }).toBeGreaterThan(1000);
  await hall.kill();
  await all;
  await hall.start();
  const again = await mqttAt(hall.ready.mqtt.port, lasting('owner'));
  opened.push(again);
  await expect.poll(() => counted(again).length, SOON).toBeGreaterThanOrEqual(3000);
  expect(counted(again)).toEqual(texts(0, 3000));
}, 180_000);
