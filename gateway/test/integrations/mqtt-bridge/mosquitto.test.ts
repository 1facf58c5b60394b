import { Mosquitto } from '@crosscomm/testing/mosquitto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';
import { clientOf, TestBridges, to } from './support.ts';

/** Hundreds of messages, each on disk before the next. */
const SENT_MS = 180_000;
let test: TestBroker;
let mosquitto: Mosquitto;
let bridges: TestBridges | undefined;
const clients: TestClient[] = [];

beforeEach(async () => {
  test = await startBroker({ maxQueuedMessages: 20 });
  mosquitto = await Mosquitto.start(['max_queued_messages 0']);
});
afterEach(async () => {
  bridges?.bridges.stop();
  bridges = undefined;
  for (const client of clients.splice(0)) await client.mqtt.endAsync(true);
  await test.close();
  await mosquitto.remove();
});

async function bridge(said: object): Promise<TestBridges> {
  bridges = new TestBridges(test, [to(mosquitto, said as never)]);
  await bridges.start();
  return bridges;
}

async function there(id: string, filter?: string): Promise<TestClient> {
  // By MQTT 5 a session ends with its connection where nothing else is said.
  const lasting = { clean: false, properties: { sessionExpiryInterval: 3600 } };
  const client = await clientOf(mosquitto, id, filter === undefined ? {} : lasting);
  clients.push(client);
  if (filter !== undefined) await client.mqtt.subscribeAsync(filter, { qos: 2, rap: true });
  return client;
}

async function here(id: string, filter?: string, options = {}): Promise<TestClient> {
  const client = await test.connect(id, { protocolVersion: 5, ...options });
  if (filter !== undefined) await client.mqtt.subscribeAsync(filter, { qos: 2, rap: true });
  return client;
}

/** Starts mosquitto again, and lets what waits go only when somebody listens there. */
async function runAndHear(): Promise<TestClient> {
  bridges?.bridges.stop();
  await mosquitto.run();
  const theirs = await there('theirs', 'up');
  await bridges?.again();
  return theirs;
}

const up = (): Promise<void> => expect.poll(() => bridges?.state.isUp).toBe(true);
const empty = (): Promise<void> => expect.poll(() => bridges?.state.waiting.count).toBe(0);

it.each([5, 4] as const)(
  'messages of every QoS pass both ways once, in their order, over MQTT %s',
  async (protocolVersion) => {
    await bridge({ protocolVersion, topics: [{ filter: '#', direction: 'both', qos: 2 }] });
    await up();
    const [ours, theirs] = [await here('ours', '#'), await there('theirs', '#')];
    const expected: string[] = [];
    for (const qos of [0, 1, 2] as const) {
      for (let index = 0; index < 50; index++) {
        await ours.mqtt.publishAsync('from/here', `${qos} ${index}`, { qos });
        expected.push(`from/here=${qos} ${index}`);
      }
    }
    await theirs.got(expected.length);
    expect(theirs.lines).toEqual(expected);
    expect(theirs.received.map(({ qos }) => qos)).toEqual([0, 1, 2].flatMap((qos) => Array(50).fill(qos)));
    for (const qos of [0, 1, 2] as const) {
      for (let index = 0; index < 50; index++) {
        await theirs.mqtt.publishAsync('from/there', `${qos} ${index}`, { qos });
        expected.push(`from/there=${qos} ${index}`);
      }
    }
    await ours.got(expected.length);
    await theirs.got(expected.length);
    await empty();
    expect(ours.lines).toEqual(expected);
    expect(theirs.lines).toEqual(expected);
    expect(test.house.incidents.counts()).toEqual({});
  },
  SENT_MS,
);

it('topics get the prefixes of the configuration, and what no topic is about stays where it is', async () => {
  await bridge({
    topics: [
      { filter: 'lamp/#', direction: 'both', remotePrefix: 'school/room1/' },
      { filter: '+/state', direction: 'in', localPrefix: 'house/', remotePrefix: 'zigbee/' },
    ],
  });
  await up();
  const [ours, theirs] = [await here('ours', '#'), await there('theirs', '#')];
  await ours.mqtt.publishAsync('other', 'stays', { qos: 1 });
  await ours.mqtt.publishAsync('lamp/1', 'on', { qos: 1 });
  await theirs.got(1);
  await theirs.mqtt.publishAsync('lamp/1', 'stays', { qos: 1 });
  await theirs.mqtt.publishAsync('school/room1/lamp/2', 'off', { qos: 1 });
  await theirs.mqtt.publishAsync('zigbee/door/state', 'open', { qos: 1 });
  await ours.got(4);
  await theirs.got(4);
  expect(ours.lines).toEqual(['other=stays', 'lamp/1=on', 'lamp/2=off', 'house/door/state=open']);
  expect(theirs.lines).toEqual([
    'school/room1/lamp/1=on',
    'lamp/1=stays',
    'school/room1/lamp/2=off',
    'zigbee/door/state=open',
  ]);
});

it('what is retained passes at the first connection and later, and can be removed from either side', async () => {
  const [ours, theirs] = [await here('ours'), await there('theirs')];
  await ours.mqtt.publishAsync('ours/old', '1', { qos: 1, retain: true });
  await theirs.mqtt.publishAsync('theirs/old', '2', { qos: 1, retain: true });
  await bridge({ topics: [{ filter: '#', direction: 'both' }] });
  await up();
  await ours.mqtt.publishAsync('ours/new', '3', { qos: 1, retain: true });
  await theirs.mqtt.publishAsync('theirs/new', '4', { qos: 1, retain: true });
  const all = ['ours/new=3', 'ours/old=1', 'theirs/new=4', 'theirs/old=2'];
  const kept = async (client: TestClient): Promise<string[]> => {
    client.received.length = 0;
    await client.mqtt.subscribeAsync('#', { qos: 1 });
    await client.mqtt.unsubscribeAsync('#');
    return client.received.filter(({ retain }) => retain).map(({ topic, text }) => `${topic}=${text}`);
  };
  await expect.poll(async () => (await kept(ours)).sort()).toEqual(all);
  await expect.poll(async () => (await kept(theirs)).sort()).toEqual(all);
  await ours.mqtt.publishAsync('theirs/old', '', { qos: 1, retain: true });
  await theirs.mqtt.publishAsync('ours/old', '', { qos: 1, retain: true });
  await expect.poll(async () => (await kept(ours)).sort()).toEqual(['ours/new=3', 'theirs/new=4']);
  await expect.poll(async () => (await kept(theirs)).sort()).toEqual(['ours/new=3', 'theirs/new=4']);
});

it('nothing is retained on the other side where the configuration does not want it', async () => {
  const [ours, theirs] = [await here('ours'), await there('theirs', '#')];
  await ours.mqtt.publishAsync('old', '1', { qos: 1, retain: true });
  await bridge({ retained: false, topics: [{ filter: '#', direction: 'both' }] });
  await up();
  await ours.mqtt.publishAsync('new', '2', { qos: 1, retain: true });
  await theirs.got(1);
  expect(theirs.received).toMatchObject([{ topic: 'new', text: '2', retain: false }]);
});

it.each([5, 4] as const)(
  'what is sent while either side is away arrives when it is back, once and in its order (MQTT %s)',
  async (protocolVersion) => {
    await bridge({
      protocolVersion,
      topics: [
        { filter: 'up', direction: 'out', qos: 2 },
        { filter: 'down', direction: 'in', qos: 2 },
      ],
    });
    await up();
    const theirs = await there('theirs', 'up');
    let count = 0;
    const expected: string[] = [];
    const send = async (client: TestClient, many: number): Promise<void> => {
      for (let index = 0; index < many; index++) {
        await client.mqtt.publishAsync('up', String(count), { qos: 2 });
        expected.push(`up=${count++}`);
      }
    };
    const first = await here('ours');
    await send(first, 50);
    await theirs.got(count);
    // All of it is acknowledged: what waits later is what is sent later.
    await empty();
    await mosquitto.stop();
    await expect.poll(() => bridges?.state.isUp).toBe(false);
    // More than the queue of any other client that is away takes.
    await send(first, 200);
    expect(bridges?.state.waiting.count).toBe(200);
    bridges?.bridges.stop();
    await test.restart();
    await bridges?.again();
    await send(await here('ours again'), 50);
    await mosquitto.run();
    await theirs.got(count);
    await empty();
    expect(theirs.lines).toEqual(expected);
    // And the other way round.
    bridges?.bridges.stop();
    await test.restart();
    const far = await there('far');
    for (let index = 0; index < 100; index++) await far.mqtt.publishAsync('down', String(index), { qos: 2 });
    const ours = await here('listener', 'down');
    await bridges?.again();
    await ours.got(100);
    expect(ours.lines).toEqual(Array.from({ length: 100 }, (_, index) => `down=${index}`));
  },
  SENT_MS,
);

it('a client of MQTT 5 is told that the outbox is full, and all that was acknowledged arrives in its order', async () => {
  await mosquitto.stop();
  await bridge({ outboxBytes: 20_000, topics: [{ filter: 'up', direction: 'out' }] });
  const ours = await here('ours');
  const accepted: string[] = [];
  let refusal: unknown;
  for (let index = 0; index < 500 && refusal === undefined; index++) {
    await ours.mqtt.publishAsync('up', `message ${index}`, { qos: 1 }).then(
      () => accepted.push(`up=message ${index}`),
      (error) => {
        refusal = error;
      },
    );
  }
  expect(refusal).toMatchObject({ code: 0x97 });
  expect(accepted.length).toBeGreaterThan(50);
  expect(test.house.incidents.counts()).toMatchObject({ 'bridge BRIDGE_FULL': 1 });
  expect(bridges?.state.waiting.bytes).toBeLessThanOrEqual(20_000);
  const theirs = await runAndHear();
  await theirs.got(accepted.length);
  await empty();
  expect(theirs.lines).toEqual(accepted);
  await ours.mqtt.publishAsync('up', 'there is room again', { qos: 1 });
  await theirs.got(accepted.length + 1);
});

it('what has waited is sent no faster than the configuration says, the oldest first', async () => {
  await mosquitto.stop();
  await bridge({ catchUpPerS: 200, topics: [{ filter: 'up', direction: 'out' }] });
  const ours = await here('ours');
  for (let index = 0; index < 300; index++) await ours.mqtt.publishAsync('up', String(index), { qos: 1 });
  const theirs = await runAndHear();
  await theirs.got(1);
  const beginMs = performance.now();
  await theirs.got(300);
  expect(performance.now() - beginMs).toBeGreaterThan(900);
  expect(theirs.lines).toEqual(Array.from({ length: 300 }, (_, index) => `up=${index}`));
  await ours.mqtt.publishAsync('up', 'at once', { qos: 1 });
  await theirs.got(301);
  expect(bridges?.state.isCatchingUp).toBe(false);
});

it('says at the other broker whether it is there, also when it is cut off', async () => {
  const theirs = await there('theirs', 'state');
  await bridge({ statusTopic: 'state', keepAliveS: 5, topics: [{ filter: 'up', direction: 'out' }] });
  await up();
  await theirs.got(1);
  bridges?.bridges.stop();
  await theirs.got(2);
  await bridges?.again();
  await theirs.got(3);
  expect(theirs.lines).toEqual(['state=online', 'state=offline', 'state=online']);
  expect(theirs.received.every(({ retain }) => retain)).toBe(true);
});
