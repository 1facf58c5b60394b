import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { Place } from '@crosscomm/testing/place';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mqttAt, SOON } from '../kept/support.ts';

// Two gateways that share some of their channels, of which one has room for few retained messages.

const SHARE = ['open/#'];
let server: NatsServer;
let way: CuttableWay;
const kitchen = new Place();
const hall = new Place();
const clients: { endAsync(force: boolean): Promise<void> }[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  way = await CuttableWay.open(server.port);
  await kitchen.start({ cluster: { servers: [server.url], gateway: 'kitchen', share: SHARE } });
  await hall.start({ ...hallOf(), limits: { maxRetained: 8 } });
});
afterAll(async () => {
  for (const client of clients) await client.endAsync(true);
  await Promise.all([kitchen.dispose(), hall.dispose()]);
  await way.close();
  await server.stop();
});

function hallOf(): Record<string, unknown> {
  return { cluster: { servers: [way.url], gateway: 'hall', share: SHARE } };
}

async function keep(topic: string, text: string): Promise<void> {
  const { client } = await mqttAt(kitchen.listeners.mqtt.port, { clientId: `keeper of ${topic}` });
  clients.push(client);
  await client.publishAsync(topic, text, { qos: 1, retain: true });
}

/** The channels that a gateway retains something for. */
async function channels(place: Place): Promise<string[]> {
  const found = (await (await fetch(`${place.url}/api/v1/channels`)).json()) as {
    channels: { name: string; retained: boolean }[];
  };
  return found.channels.filter(({ retained }) => retained).map(({ name }) => name);
}

async function status(place: Place) {
  return JSON.parse((await place.run(['cluster', 'status', '--json'])).out).retained;
}

test('there are no more than there is room for, which is told, and all of them once there is room', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `open/${String(index).padStart(2, '0')}`);
  await keep('home/a', 'not shared');
  for (const name of names) await keep(name, 'x');
  await expect.poll(async () => (await status(hall)).leftOut, SOON).toBe(4);
  expect(await channels(hall)).toEqual(names.slice(0, 8));
  expect((await hall.run(['cluster', 'status'])).err).toMatch(/4 retained elsewhere are not here/);
  const { problems } = JSON.parse((await hall.run(['status', '--json'])).out);
  expect(problems[0]).toMatchObject({ code: 'cluster_retained_room', advice: expect.stringContaining('maxRetained') });
  await hall.stop();
  await hall.start(hallOf());
  await expect.poll(() => channels(hall), SOON).toEqual(names);
  await expect.poll(() => status(hall), SOON).toMatchObject({ leftOut: 0, waiting: 0 });
});

test('a gateway that has retained messages already brings them with it when it joins', async () => {
  const attic = new Place();
  await attic.start();
  const { client } = await mqttAt(attic.listeners.mqtt.port, { clientId: 'attic-keeper' });
  clients.push(client);
  await client.publishAsync('open/attic', 'attic', { qos: 1, retain: true });
  await client.publishAsync('home/attic', 'attic', { qos: 1, retain: true });
  await attic.stop();
  await attic.start({ cluster: { servers: [server.url], gateway: 'attic', share: SHARE } });
  await expect.poll(() => channels(hall), SOON).toContain('open/attic');
  expect(await channels(hall)).not.toContain('home/attic');
  expect(await channels(attic)).toContain('home/attic');
  await attic.dispose();
});

test('servers that have lost everything get it from the gateways again', async () => {
  const before = await channels(hall);
  await way.cut();
  const { connect } = await import('@nats-io/transport-node');
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: server.url });
  await (await jetstreamManager(connection, { timeout: 30_000 })).streams.delete('KV_cc_retained');
  await connection.close();
  await way.mend();
  await keep('open/after', 'x');
  await expect.poll(() => channels(hall), SOON).toEqual([...before, 'open/after'].sort());
});
