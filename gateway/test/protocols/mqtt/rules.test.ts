import { MemorySession } from '@crosscomm/testing/test-hub';
import type { IClientOptions } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/access/rules.ts';
import type { PublishedFile } from '../../../src/protocols/mqtt/files.ts';
import { message, startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';
import { account, as, setRoles } from './people.ts';

/** anna may do everything, ben a little, and carl what a test says. */
const BEN: readonly Rule[] = [
  { effect: 'allow', actions: ['send'], topics: ['ben/#', 'door', '$SYS/broker/connection/#'] },
  { effect: 'allow', actions: ['subscribe'], topics: ['news/#', 'ben/#'] },
  { effect: 'deny', actions: ['subscribe'], topics: ['news/secret'] },
];

let test: TestBroker;
let anna: TestClient;
const files: PublishedFile[] = [];
beforeAll(async () => {
  test = await startBroker({
    prepare: async (house) => {
      const names = ['anna', 'ben', 'carl'];
      await house.accounts.addAll(names.map((name) => account(name, name === 'anna' ? {} : { roles: [name] })));
    },
  });
  test.broker.serveFiles(
    async (file) => files.push(file),
    (client) => `cross_comm/${client}/`,
  );
  anna = await test.connect('anna-1', as('anna'));
  await anna.mqtt.subscribeAsync('#');
});
afterAll(() => test.close());
beforeEach(() => carlMay([]));

function carlMay(carl: readonly Rule[]): void {
  setRoles(test.house, { ben: BEN, carl });
}

let count = 0;
/** A client of an account, under a new id where it does not matter. */
function come(name: string, id = `${name}-${++count}`, options: IClientOptions = {}): Promise<TestClient> {
  return test.connect(id, { ...as(name), ...options });
}

/** What a client got since it was asked last: what is sent to `topic` now is the end of it. */
async function heardBy(client: TestClient, topic = 'ben/end'): Promise<string[]> {
  await anna.mqtt.publishAsync(topic, 'end', { qos: 1 });
  while (client.lines.at(-1) !== `${topic}=end`) {
    await new Promise<void>((resolve) => client.mqtt.once('message', () => resolve()));
  }
  return client.received.splice(0).map(({ topic: at, text }) => `${at}=${text}`);
}

function incidents(): number {
  return test.house.incidents.counts()['mqtt PEER_NOT_ALLOWED'] ?? 0;
}

describe('a message that a rule forbids', () => {
  it.each([0, 1, 2] as const)('with QoS %d is acknowledged, and goes nowhere', async (qos) => {
    const ben = await come('ben');
    const hub = new MemorySession('python');
    test.house.hub.join(hub);
    test.house.hub.subscribe(hub, 'alarm');
    const before = incidents();
    await heardBy(anna);
    await ben.mqtt.publishAsync('alarm', 'forged', { qos, retain: true });
    await ben.mqtt.publishAsync('ben/1', 'on', { qos: 1 });
    expect(await heardBy(anna)).toEqual(['ben/1=on', 'ben/end=end']);
    expect(ben.mqtt.connected).toBe(true);
    expect(hub.received).toEqual([]);
    expect(test.house.hub.retained('alarm')).toBeUndefined();
    expect(incidents()).toBe(before + 1);
    expect(test.reports.at(-1)).toMatch(
      /^The MQTT client ben-\d+ published to alarm, which was dropped: it may not send to this channel\.$/,
    );
    test.house.hub.leave(hub, 'left');
  });

  it.each([
    ['of an inbox', '$direct/door-2'],
    ['for files', '$files/door-2/file/a.txt'],
    ['of a bridge', '$SYS/broker/connection/carl/state'],
    ['that MQTT clients alone have', '$lab/x'],
  ])('to a topic %s goes nowhere', async (_, topic) => {
    const carl = await come('carl', 'carl-x', { clean: true });
    const door = await come('anna', 'door-2');
    await door.mqtt.subscribeAsync(['$direct/door-2/#', '$lab/#', '$SYS/broker/connection/#']);
    await carl.mqtt.publishAsync(topic, 'forged', { qos: 1 });
    expect(carl.mqtt.connected).toBe(true);
    carlMay([{ effect: 'allow', actions: ['send', 'upload'] }]);
    await carl.mqtt.publishAsync(topic, 'true', { qos: 1 });
    if (topic.startsWith('$files')) expect(files.splice(0).map(({ content }) => String(content))).toEqual(['true']);
    else expect((await door.got(1)).map(({ text }) => text)).toEqual(['true']);
    for (const client of [carl, door]) await client.mqtt.endAsync();
  });

  it('needs the right to upload where it is a file, beside that to send', async () => {
    carlMay([{ effect: 'allow', actions: ['send'] }]);
    const carl = await come('carl', 'carl-7');
    await carl.mqtt.publishAsync('$files/anna-1/file/a.txt', 'no', { qos: 1 });
    carlMay([
      { effect: 'allow', actions: ['send'] },
      { effect: 'allow', actions: ['upload'], topics: ['cross_comm/%c/#'] },
    ]);
    await carl.mqtt.publishAsync('$files/anna-1/file/a.txt', 'yes', { qos: 1 });
    expect(files.splice(0).map(({ content }) => String(content))).toEqual(['yes']);
  });

  it('may not take away what another account retains', async () => {
    const send: Rule = { effect: 'allow', actions: ['send'] };
    carlMay([send]);
    const carl = await come('carl');
    await anna.mqtt.publishAsync('kept', 'annas', { qos: 1, retain: true });
    test.house.hub.send(message({ to: 'elsewhere', body: 'of another wire' }), { retainMs: 60_000, account: 'anna' });
    await carl.mqtt.publishAsync('own', 'carls', { qos: 1, retain: true });
    for (const topic of ['kept', 'own', 'elsewhere']) await carl.mqtt.publishAsync(topic, '', { qos: 1, retain: true });
    expect(test.house.hub.retained('kept')?.text).toBe('annas');
    expect(test.house.hub.retained('elsewhere')?.text).toBe('of another wire');
    expect(test.house.hub.retained('own')).toBeUndefined();
    carlMay([send, { effect: 'allow', actions: ['clear'] }]);
    for (const topic of ['kept', 'elsewhere']) await carl.mqtt.publishAsync(topic, '', { qos: 1, retain: true });
    expect(test.house.hub.retained('kept')).toBeUndefined();
    expect(test.house.hub.retained('elsewhere')).toBeUndefined();
  });
});

describe('a subscription', () => {
  it.each(['alarm', 'news/secret', 'alarm/#', '$presence/#', '$presence/anna-1', '$SYS/#', '$lab/x'])(
    'to %s that a rule forbids is answered with 0x80',
    async (filter) => {
      const ben = await come('ben');
      await expect(ben.mqtt.subscribeAsync(filter)).rejects.toThrow('Unspecified error');
      await ben.mqtt.endAsync();
    },
  );

  it('with wildcards gets what is allowed: live, retained, and of other protocols', async () => {
    const { hub } = test.house;
    await anna.mqtt.publishAsync('news/secret', 'kept here', { qos: 1, retain: true });
    hub.send(message({ to: 'alarm', body: 'kept there' }), { retainMs: 60_000 });
    hub.send(message({ to: 'news/old', body: 'kept there' }), { retainMs: 60_000 });
    const ben = await come('ben');
    for (const filter of ['#', 'news/+', '+/secret']) await ben.mqtt.subscribeAsync(filter, { qos: 1 });
    await ben.got(2);
    for (const qos of [0, 1, 2] as const) {
      await anna.mqtt.publishAsync('news/secret', 'live', { qos });
      await anna.mqtt.publishAsync('news/open', `live ${qos}`, { qos });
    }
    for (const to of ['alarm', 'news/secret', 'news/hub']) hub.send(message({ to }));
    const lines = await heardBy(ben);
    expect(lines.filter((line) => !/^news\/old=|^ben\/end/.test(line))).toEqual([
      ...['news/open=live 0', 'news/open=live 1', 'news/open=live 2'],
      'news/hub=on',
    ]);
    for (const topic of ['news/secret', 'alarm', 'news/old']) hub.send(message({ to: topic }));
    await anna.mqtt.publishAsync('news/secret', '', { retain: true });
  });

  it('is not counted, and not listed, where it gets nothing', async () => {
    carlMay([{ effect: 'allow', actions: ['subscribe'] }]);
    const carl = await come('carl');
    await carl.mqtt.subscribeAsync('hall');
    await anna.mqtt.unsubscribeAsync('#');
    expect(test.house.hub.send(message({ to: 'hall' })).delivered).toBe(1);
    expect(test.house.hub.members('hall')).toEqual([carl.mqtt.options.clientId]);
    carlMay([{ effect: 'allow', actions: ['subscribe'], topics: ['other'] }]);
    expect(test.house.hub.send(message({ to: 'hall' })).delivered).toBe(0);
    expect(test.house.hub.members('hall')).toEqual([]);
    await anna.mqtt.subscribeAsync('#');
  });

  it('tells of those alone whose presence it may know', async () => {
    carlMay([{ effect: 'allow', actions: ['presence'], topics: ['anna-1', 'anna-9'] }]);
    const carl = await come('carl');
    await carl.mqtt.subscribeAsync('$presence/#');
    await expect(carl.mqtt.subscribeAsync('$presence/ben-1')).rejects.toThrow('Unspecified error');
    const other = await come('anna', 'anna-8');
    await come('anna', 'anna-9');
    await other.mqtt.endAsync();
    await carl.got(3);
    const own = `$presence/${carl.mqtt.options.clientId}`;
    expect(carl.received.map(({ topic }) => topic)).toEqual(['$presence/anna-1', own, '$presence/anna-9']);
  });

  it('to an inbox is for its owner alone, also where names are owned', async () => {
    carlMay([{ effect: 'allow', actions: ['subscribe', 'send'] }]);
    const carl = await come('carl');
    await expect(carl.mqtt.subscribeAsync('anna-1')).rejects.toThrow('Unspecified error');
    await carl.mqtt.subscribeAsync(['+', 'ben/end']);
    test.house.hub.send(message({ to: 'anna-1', body: 'for anna' }));
    await anna.mqtt.publishAsync('anna-1', 'for anna', { qos: 1 });
    expect(await heardBy(carl)).toEqual(['ben/end=end']);
  });
});

describe('what waits for a client that is away', () => {
  it('is what its account may hear, then and when it comes back', async () => {
    const hears = (...topics: string[]): Rule[] => [{ effect: 'allow', actions: ['subscribe'], topics }];
    carlMay(hears('a', 'b', 'end'));
    const away = await come('carl', 'carl-away', { clean: false });
    await away.mqtt.subscribeAsync('#', { qos: 2 });
    await away.mqtt.endAsync();
    await expect.poll(() => test.house.hub.client('carl-away')?.online).toBe(false);
    for (const qos of [1, 2] as const) {
      for (const topic of ['a', 'b', 'c']) await anna.mqtt.publishAsync(topic, `first ${qos}`, { qos });
    }
    carlMay(hears('b', 'c', 'end'));
    const waits = (await test.keys()).filter((key) => key.startsWith('queue:carl-away'));
    // Nothing of c was kept: it may hear that by now, and might not have then.
    expect(waits).toHaveLength(4);
    for (const topic of ['a', 'b', 'c']) await anna.mqtt.publishAsync(topic, 'second', { qos: 1 });
    const back = await come('carl', 'carl-away', { clean: false });
    await back.got(4);
    const lines = await heardBy(back, 'end');
    expect(lines.sort()).toEqual(['b=first 1', 'b=first 2', 'b=second', 'c=second', 'end=end']);
    await expect.poll(async () => (await test.keys()).filter((key) => key.startsWith('queue:carl-away'))).toEqual([]);
  });

  it('is sent by the subscriptions that it had, once a rule allows that again', async () => {
    carlMay([{ effect: 'allow', actions: ['subscribe'] }]);
    const first = await come('carl', 'carl-again', { clean: false });
    await first.mqtt.subscribeAsync(['pit', 'pat'], { qos: 1 });
    await first.mqtt.endAsync();
    await expect.poll(() => test.house.hub.client('carl-again')?.online).toBe(false);
    carlMay([{ effect: 'allow', actions: ['subscribe'], topics: ['pat'] }]);
    const back = await come('carl', 'carl-again', { clean: false });
    await anna.mqtt.publishAsync('pit', 'no', { qos: 1 });
    await expect(back.mqtt.subscribeAsync('pit', { qos: 1 })).rejects.toThrow('Unspecified error');
    carlMay([{ effect: 'allow', actions: ['subscribe'] }]);
    await anna.mqtt.publishAsync('pit', 'yes', { qos: 1 });
    expect(await heardBy(back, 'pat')).toEqual(['pit=yes', 'pat=end']);
  });

  it('and was sent without being acknowledged is not sent again where a rule forbids it now', async () => {
    carlMay([{ effect: 'allow', actions: ['subscribe'] }]);
    const first = await come('carl', 'carl-deaf', { clean: false });
    await first.mqtt.subscribeAsync(['pin', 'pan'], { qos: 1 });
    first.mqtt.handleMessage = () => {};
    await anna.mqtt.publishAsync('pin', '1234', { qos: 1 });
    await anna.mqtt.publishAsync('pan', 'free', { qos: 1 });
    first.mqtt.stream.destroy();
    await expect.poll(() => test.house.hub.client('carl-deaf')?.online).toBe(false);
    carlMay([{ effect: 'allow', actions: ['subscribe'], topics: ['pan'] }]);
    const back = await come('carl', 'carl-deaf', { clean: false });
    await back.got(1);
    await anna.mqtt.publishAsync('pan', 'last', { qos: 1 });
    await back.got(2);
    expect(back.lines).toEqual(['pan=free', 'pan=last']);
  });
});
