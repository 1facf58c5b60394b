import { isLong } from '@crosscomm/testing/long-runs';
import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { Place } from '@crosscomm/testing/place';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOf, counted, type Ears, lasting, mqttAt, SOON, say, texts, untilHeard } from './support.ts';

// Two gateways, each with a way to a real NATS server that can be cut: what is published with QoS 1 and 2 arrives once and in order.

/** Longer than it takes to try to connect again. */
const CUT_MS = isLong ? 30_000 : 700;
let server: NatsServer;
const ways: CuttableWay[] = [];
const places: Place[] = [];
const opened: Ears[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  for (const gateway of ['kitchen', 'hall']) {
    const way = await CuttableWay.open(server.port);
    ways.push(way);
    const place = new Place();
    places.push(place);
    await place.start(clusterOf(gateway, way));
  }
});
afterAll(async () => {
  for (const { client } of opened) await client.endAsync(true);
  for (const place of places) await place.dispose();
  for (const way of ways) await way.close();
  await server.stop();
});

async function mqtt(at: 0 | 1, clientId: string, ...filters: string[]): Promise<Ears> {
  const ears = await mqttAt((places[at] as Place).listeners.mqtt.port, { clientId }, ...filters);
  opened.push(ears);
  return ears;
}

const elapsed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each([
  ['refused', 'the sender', 0],
  ['refused', 'the receiver', 1],
  ['black', 'the sender', 0],
  ['black', 'the receiver', 1],
] as const)(
  'a link that is %s at %s loses nothing that is kept, and the room does not notice',
  async (how, _, at) => {
    const topic = `cut/${how}/${at}`;
    const far = await mqtt(1, `far-${how}-${at}`, topic);
    const near = await mqtt(0, `near-${how}-${at}`, topic);
    const { client: mouth } = await mqtt(0, `mouth-${how}-${at}`);
    await untilHeard(mouth, topic, far);
    const way = ways[at] as CuttableWay;
    const cut = how === 'refused' ? () => way.cut() : async () => way.blacken();
    await say(mouth, topic, 0, 200);
    const during = say(mouth, topic, 200, 400);
    await cut();
    await during;
    await say(mouth, topic, 400, 900, 2);
    // All of it is acknowledged: the room has heard it.
    await expect.poll(() => counted(near).length, SOON).toBe(900);
    await elapsed(CUT_MS);
    await way.mend();
    await say(mouth, topic, 900, 1000);
    await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(1000);
    expect(counted(far)).toEqual(texts(0, 1000));
    expect(counted(near)).toEqual(texts(0, 1000));
  },
  90_000,
);

test('a session whose client is away at another gateway gets what is kept when it comes', async () => {
  const { port } = (places[1] as Place).listeners.mqtt;
  const { client: mouth } = await mqtt(0, 'writer');
  const first = await mqttAt(port, lasting('reader'), 'away/#');
  await untilHeard(mouth, 'away/x', first);
  await first.client.endAsync();
  await say(mouth, 'away/x', 0, 100);
  const last = await mqtt(1, 'sentinel', 'away/#');
  await say(mouth, 'away/y', 100, 101);
  await expect.poll(() => counted(last).at(-1), SOON).toBe('100');
  const again = await mqttAt(port, lasting('reader'));
  opened.push(again);
  await expect.poll(() => counted(again).length, SOON).toBe(101);
  expect(counted(again)).toEqual(texts(0, 101));
}, 60_000);

test('a NATS server that is killed and comes back has lost nothing', async () => {
  const far = await mqtt(1, 'patient', 'server/x');
  const { client: mouth } = await mqtt(0, 'talker');
  await untilHeard(mouth, 'server/x', far);
  const during = say(mouth, 'server/x', 0, 500);
  await server.kill();
  await during;
  await say(mouth, 'server/x', 500, 600);
  const [kitchen] = places as [Place];
  const status = async () => JSON.parse((await kitchen.run(['cluster', 'status', '--json'])).out);
  const { kept } = await status();
  expect(kept).toMatchObject({ waiting: expect.any(Number), fault: null, oldestMs: expect.any(Number), refused: 0 });
  expect(kept.waiting).toBeGreaterThanOrEqual(100);
  expect((await kitchen.run(['cluster', 'status'])).out).toMatch(/^\d+ messages \(.*\) for the others since \d{4}-/m);
  await server.again();
  await say(mouth, 'server/x', 600, 700);
  await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(700);
  expect(counted(far)).toEqual(texts(0, 700));
  await expect.poll(async () => (await status()).kept.waiting, SOON).toBe(0);
  expect((await kitchen.run(['cluster', 'status'])).out).toMatch(/^Nothing waits for the others\.$/m);
}, 90_000);
