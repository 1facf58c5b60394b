import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsServer } from '@crosscomm/testing/nats-server';
import { Place } from '@crosscomm/testing/place';
import { expect, test } from 'vitest';
import { clusterOf, counted, mqttAt, SOON, say, texts, untilHeard } from './support.ts';

// What the servers do not let a gateway do, and what it has no room for.

async function two(server: NatsServer, more: Record<string, unknown> = {}) {
  const places = [new Place(), new Place()] as const;
  for (const [index, gateway] of ['kitchen', 'hall'].entries()) {
    const { cluster } = clusterOf(gateway, server) as { cluster: object };
    await places[index]?.start({ cluster: { ...cluster, ...more } });
  }
  const [kitchen, hall] = places;
  const far = await mqttAt(hall.listeners.mqtt.port, { clientId: 'far' }, 'f/#');
  const near = await mqttAt(kitchen.listeners.mqtt.port, { clientId: 'near' }, 'f/#');
  const mouth = await mqttAt(kitchen.listeners.mqtt.port, { clientId: 'mouth' });
  const status = async () => JSON.parse((await kitchen.run(['cluster', 'status', '--json'])).out);
  const close = async (): Promise<void> => {
    for (const { client } of [far, near, mouth]) await client.endAsync(true);
    for (const place of places) await place.dispose();
    await server.stop();
  };
  return { kitchen, far, near, mouth: mouth.client, status, close };
}

test('without JetStream, QoS 0 goes on, the rest waits, and somebody is told what to do', async () => {
  const { kitchen, far, mouth, status, close } = await two(await NatsServer.start('--no-jetstream'));
  await expect.poll(async () => (await status()).kept.fault, SOON).toMatch(/^the NATS servers have no stream for it/);
  await say(mouth, 'f/a', 0, 3);
  await expect
    .poll(async () => {
      await mouth.publishAsync('f/a', 'fleeting');
      return far.heard.includes('fleeting');
    }, SOON)
    .toBe(true);
  expect((await status()).kept).toMatchObject({ waiting: 3, refused: 0 });
  const { code, err } = await kitchen.run(['cluster', 'status']);
  expect([code, err]).toEqual([1, expect.stringContaining('Messages of QoS 1 and 2 do not get to the others')]);
  const { problems } = JSON.parse((await kitchen.run(['status', '--json'])).out);
  expect(problems[0]).toMatchObject({ code: 'cluster_kept', advice: expect.stringContaining('JetStream') });
  await close();
}, 60_000);

test('without permission for the stream it is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-nats-'));
  const file = join(folder, 'nats.conf');
  writeFileSync(
    file,
    'authorization { users: [{ user: a, permissions: { publish: { deny: ["$JS.API.STREAM.>"] } } }] }\n',
  );
  const { status, mouth, close } = await two(await NatsServer.start('--config', file), { user: 'a' });
  await expect.poll(async () => (await status()).kept.fault, SOON).toMatch(/^the NATS servers have no stream for it/);
  await say(mouth, 'f/a', 0, 3);
  expect((await status()).kept).toMatchObject({ waiting: 3, refused: 0 });
  await close();
  rmSync(folder, { recursive: true, maxRetries: 5 });
}, 60_000);

test('where what waits is full, the room goes on, the rest is counted, and what waits arrives in its order', async () => {
  const server = await NatsServer.start();
  const { kitchen, far, near, mouth, status, close } = await two(server, { maxWaitingBytes: 1024 * 1024 });
  await untilHeard(mouth, 'f/a', far);
  await server.kill();
  await expect.poll(async () => (await status()).link.isUp, SOON).toBe(false);
  const pad = 'x'.repeat(10_000);
  for (const text of texts(0, 150)) await mouth.publishAsync('f/a', `${text} ${pad}`, { qos: 1 });
  await expect.poll(() => counted(near).length, SOON).toBe(150);
  const { kept } = await status();
  expect(kept.refused).toBeGreaterThan(0);
  expect(kept.waitingBytes).toBeLessThanOrEqual(kept.maxBytes);
  expect((await kitchen.run(['cluster', 'status'])).err).toContain('will not arrive there');
  await server.again();
  const arrived = 150 - kept.refused;
  await expect.poll(() => counted(far).length, SOON).toBe(arrived);
  expect(counted(far)).toEqual(texts(0, arrived).map((text) => `${text} ${pad}`));
  await say(mouth, 'f/a', 150, 151);
  await expect.poll(() => counted(far).at(-1), SOON).toBe('150');
  await close();
}, 90_000);
