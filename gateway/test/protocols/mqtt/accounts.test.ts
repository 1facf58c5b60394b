import { encodeFrame } from '@crosscomm/protocol';
import { FrameDevice } from '@crosscomm/testing/frame-device';
import type { TestHouse } from '@crosscomm/testing/test-hub';
import type { IClientOptions } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameDevices } from '../../../src/protocols/frames/devices.ts';
import { DEFAULT_FRAME_OPTIONS } from '../../../src/protocols/frames/options.ts';
import { QueueBudget } from '../../../src/transports/outbox.ts';
import { message, startBroker, type TestBroker, type TestClient, withBatches } from '../../mqtt-engine/support.ts';
import { account, as, setRoles, tokenOf } from './people.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker({ prepare: fill });
});
afterEach(() => test.close());

/** anna, ben and carl may do everything but what is the operator's. */
async function fill(house: TestHouse): Promise<void> {
  await house.accounts.addAll(['anna', 'ben', 'carl'].map((name) => account(name)));
}

function gone(client: TestClient): Promise<unknown> {
  return new Promise((resolve) => client.mqtt.once('close', () => resolve(undefined)));
}

async function away(id: string): Promise<void> {
  await expect.poll(() => test.house.hub.client(id)?.online).toBe(false);
}

describe('a proof', () => {
  it.each([
    ['a token with its account', 'anna-1', { username: 'anna', password: tokenOf('anna') }, undefined],
    ['a token with any user name', 'free', { username: 'esp32', password: tokenOf('anna') }, undefined],
    ['a token with an empty user name', 'free', { username: '', password: tokenOf('anna') }, undefined],
    ['nothing, for an id that nobody owns', 'free', {}, undefined],
    ['a token of another account', 'free', { username: 'ben', password: tokenOf('anna') }, 'Bad username or password'],
    ['a token of nobody', 'free', { username: 'anna', password: tokenOf('dora') }, 'Bad username or password'],
    ['a wrong password', 'anna', { username: 'anna', password: 'wrong' }, 'Bad username or password'],
    ['a token, for an id of another account', 'ben-1', as('anna'), 'Identifier rejected'],
    ['nothing, for an id of an account', 'anna-1', {}, 'Not authorized'],
  ])('that is %s', async (_, id, options, refusal) => {
    const coming = test.connect(id, options);
    if (refusal === undefined) expect((await coming).mqtt.connected).toBe(true);
    else await expect(coming).rejects.toThrow(refusal);
    expect(test.reports.join()).not.toContain(tokenOf('anna'));
  });

  it('is a client certificate where TLS has seen one', async () => {
    const fingerprint = 'ab'.repeat(32);
    const certificates = [{ id: '01', fingerprint, createdMs: 1, expiresMs: 2 }];
    await test.house.accounts.update('anna', (anna) => ({ ...anna, certificates }));
    const accept = test.broker.accept.bind(test.broker);
    test.broker.accept = (stream, peer) => accept(stream, peer, { certificate: fingerprint });
    const client = await test.connect('anna-1');
    expect(test.house.hub.client('anna-1')?.account).toBe('anna');
    await test.house.accounts.update('anna', (anna) => ({ ...anna, certificates: [] }));
    await gone(client);
  });

  it('is a password or token alone where a web page of another origin has opened the connection', async () => {
    const fingerprint = 'ab'.repeat(32);
    const certificates = [{ id: '01', fingerprint, createdMs: 1, expiresMs: 2 }];
    await test.house.accounts.update('anna', (anna) => ({ ...anna, certificates }));
    const accept = test.broker.accept.bind(test.broker);
    test.broker.accept = (stream, peer) =>
      accept(stream, peer, { certificate: fingerprint, page: 'https://elsewhere.example' });
    await expect(test.connect('free')).rejects.toThrow('Not authorized');
    expect((await test.connect('free', as('anna'))).mqtt.connected).toBe(true);
  });

  it('that is taken back ends the connection, and its last will is what the account may send then', async () => {
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('#');
    const will = (topic: string) => ({ will: { topic, payload: Buffer.from('gone'), qos: 1 as const } });
    const [token, role] = [
      await test.connect('anna-1', { ...as('anna'), ...will('token') }),
      await test.connect('ben-1', { ...as('ben'), ...will('role') }),
    ];
    const account = await test.connect('carl-1', { ...as('carl'), ...will('account') });
    const ends = [token, account].map(gone);
    await test.house.accounts.update('anna', (anna) => ({ ...anna, tokens: [] }));
    await test.house.accounts.remove('carl');
    await Promise.all(ends);
    await test.house.accounts.update('ben', (ben) => ({ ...ben, roles: ['viewer'] }));
    role.mqtt.stream.destroy();
    await away('ben-1');
    await watcher.mqtt.publishAsync('end', '', { qos: 1 });
    await watcher.got(2);
    expect(watcher.lines).toEqual(['token=gone', 'end=']);
  });

  it('of a role that changes to nothing ends what it hears at once', async () => {
    const [anna, ben] = [await test.connect('anna-1', as('anna')), await test.connect('ben-1', as('ben'))];
    await ben.mqtt.subscribeAsync(['a', 'b']);
    await anna.mqtt.publishAsync('a', '1', { qos: 1 });
    setRoles(test.house, { b: [{ effect: 'allow', actions: ['subscribe'], topics: ['b'] }] });
    await test.house.accounts.update('ben', (ben) => ({ ...ben, roles: ['b'] }));
    for (const topic of ['a', 'b']) await anna.mqtt.publishAsync(topic, '2', { qos: 1 });
    await ben.got(2);
    expect(ben.lines).toEqual(['a=1', 'b=2']);
  });
});

describe('an id that nobody owns', () => {
  it('is another account’s while that is online, which takes it over itself, and others are refused with code 2', async () => {
    const first = await test.connect('kitchen', as('anna'));
    const closed = gone(first);
    const anna = await test.connect('kitchen', as('anna'));
    await closed;
    await expect(test.connect('kitchen', as('ben'))).rejects.toThrow('Identifier rejected');
    await expect(test.connect('kitchen')).rejects.toThrow('Identifier rejected');
    expect(anna.mqtt.connected).toBe(true);
    expect(test.house.hub.client('kitchen')?.account).toBe('anna');
  });

  it.each([
    ['another account', as('ben')],
    ['an anonymous client', {}],
  ])('has nothing for %s of the session that its account left', async (_, options) => {
    const anna = await test.connect('kitchen', { ...as('anna'), clean: false });
    await anna.mqtt.subscribeAsync('led', { qos: 2 });
    await anna.mqtt.endAsync();
    await away('kitchen');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('led', 'for anna', { qos: 1 });
    await test.restart();
    const other = await test.connect('kitchen', { ...options, clean: false });
    const again = await test.connect('sender');
    await again.mqtt.publishAsync('led', 'for anna', { qos: 1 });
    await other.mqtt.subscribeAsync('end');
    await again.mqtt.publishAsync('end', '', { qos: 1 });
    await other.got(1);
    expect(other.lines).toEqual(['end=']);
    await other.mqtt.endAsync();
    await away('kitchen');
    const back = await test.connect('kitchen', { ...as('anna'), clean: false });
    await expect(back.mqtt.subscribeAsync('x')).resolves.toBeDefined();
    expect((await test.keys()).filter((key) => key.startsWith('subscriptions:kitchen'))).toEqual([
      'subscriptions:kitchen:x',
    ]);
  });

  it('has its account’s session again after a restart, with all that waited', async () => {
    const anna = await test.connect('kitchen', { ...as('anna'), clean: false });
    await anna.mqtt.subscribeAsync('led', { qos: 1 });
    await anna.mqtt.endAsync();
    await away('kitchen');
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('led', '1', { qos: 1 });
    await test.restart();
    const again = await test.connect('sender');
    await again.mqtt.publishAsync('led', '2', { qos: 1 });
    const back = await test.connect('kitchen', { ...as('anna'), clean: false });
    await back.got(2);
    expect(back.lines).toEqual(['led=1', 'led=2']);
  });
});

describe('messages that wait, as their client sends too often,', () => {
  it.each([
    ['its token is taken back', { tokens: [] }],
    ['a rule forbids them', { roles: ['viewer'] }],
  ])('go nowhere once %s', async (_, change) => {
    await test.close();
    test = await startBroker({ prepare: fill, quotas: { member: { messagesPerSecond: 1 } } });
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('#');
    const anna = await test.connect('anna-1', as('anna'));
    for (const text of ['1', '2', '3']) anna.mqtt.publish('led', text);
    await watcher.got(1);
    await expect.poll(() => test.house.access.quotas.waitingCount).toBeGreaterThan(0);
    await test.house.accounts.update('anna', (own) => ({ ...own, ...change }));
    test.house.clock.advance(10_000);
    await expect.poll(() => test.reports.length).toBeGreaterThan(0);
    await watcher.mqtt.publishAsync('end', '', { qos: 1 });
    await watcher.got(2);
    expect(watcher.lines).toEqual(['led=1', 'end=']);
  });
});

describe('a session on disk', () => {
  const state = { clean: false } as const;
  const waiting = async (): Promise<string[]> =>
    (await test.keys()).filter((key) => /^(?:session|subscriptions|queue):kitchen/.test(key)).sort();

  async function leave(id: string, options: IClientOptions): Promise<void> {
    const client = await test.connect(id, { ...options, ...state });
    await client.mqtt.subscribeAsync('led', { qos: 1 });
    await client.mqtt.endAsync();
    await away(id);
    test.house.hub.send(message({ to: 'led' }));
  }

  it('ends with its account, also where that is here, and where it is gone when the gateway begins anew', async () => {
    await leave('kitchen', as('anna'));
    expect(await waiting()).toHaveLength(3);
    await test.house.accounts.remove('anna');
    await expect.poll(waiting).toEqual([]);
    const ben = await test.connect('kitchen', { ...as('ben'), ...state });
    await ben.mqtt.subscribeAsync('led', { qos: 1 });
    const closed = gone(ben);
    await test.house.accounts.remove('ben');
    await closed;
    await away('kitchen');
    await expect.poll(waiting).toEqual([]);
    await test.house.accounts.add(account('dora'));
    await leave('kitchen', as('dora'));
    await test.restart();
    await expect.poll(waiting).toEqual([]);
  });

  it('of an earlier version is of no account', async () => {
    await leave('kitchen', {});
    await test.restart();
    await test.connect('kitchen', { ...as('anna'), ...state });
    expect(await waiting()).toEqual(['session:kitchen']);
  });
});

describe('a retained message', () => {
  it('is its account’s after a restart, too', async () => {
    await test.house.accounts.update('ben', (ben) => ({ ...ben, roles: ['device'] }));
    for (const name of ['anna', 'ben']) {
      const client = await test.connect(`${name}-1`, as(name));
      await client.mqtt.publishAsync(`kept/${name}`, name, { qos: 1, retain: true });
    }
    await test.restart();
    await test.house.accounts.update('ben', (ben) => ({ ...ben, roles: ['device'] }));
    const ben = await test.connect('ben-1', as('ben'));
    for (const name of ['anna', 'ben']) await ben.mqtt.publishAsync(`kept/${name}`, '', { qos: 1, retain: true });
    expect(test.house.hub.retained('kept/anna')?.text).toBe('anna');
    expect(test.house.hub.retained('kept/ben')).toBeUndefined();
  });
});

describe('a last will of an earlier run', () => {
  it('is what its account may still send', async () => {
    await test.close();
    let roles = ['member'];
    // The power fails before any is taken away.
    const kept = withBatches((operations, write) =>
      write(operations.filter(({ type, key }) => type !== 'del' || !key.startsWith('will:'))),
    );
    const prepare = async (house: TestHouse): Promise<void> => {
      await house.accounts.addAll([account('anna'), account('ben', { roles })]);
    };
    test = await startBroker({ prepare }, kept);
    for (const name of ['anna', 'ben']) {
      const will = { topic: `wills/${name}`, payload: Buffer.from('gone'), qos: 1 as const, retain: true };
      await test.connect(`${name}-1`, { ...as(name), will });
      await test.house.accounts.update(name, (own) => ({ ...own, roles: [] }));
    }
    roles = ['viewer'];
    await test.restart();
    const reader = await test.connect('reader');
    await reader.mqtt.subscribeAsync(['wills/#', 'end']);
    await reader.mqtt.publishAsync('end', '', { qos: 1 });
    await reader.got(2);
    expect(reader.lines.sort()).toEqual(['end=', 'wills/anna=gone']);
    expect(test.reports.at(-1)).toMatch(/ben-1 published to wills\/ben, which was dropped/);
  });
});

describe('frames within MQTT', () => {
  let devices: FrameDevices;
  beforeEach(() => {
    const budget = new QueueBudget(2 ** 30);
    devices = new FrameDevices(test.house, { ...DEFAULT_FRAME_OPTIONS, budget, handshakeTimeoutMs: 10_000 });
    test.broker.serveFrames((wire) => devices.connect(wire));
  });

  it('have the credentials of the connection, and end with them', async () => {
    const client = await test.connect('anna-board', as('anna'));
    await client.mqtt.subscribeAsync('$frames/anna-board/down');
    const hello = encodeFrame({ type: 'hello', version: 1, deviceId: 'anna-board', bootId: 7, maxFrame: 256 });
    await client.mqtt.publishAsync('$frames/anna-board/up', Buffer.from(hello), { qos: 1 });
    await client.got(1);
    expect(test.house.hub.client('anna-board')).toMatchObject({ protocol: 'frames', account: 'anna', online: true });
    const closed = gone(client);
    await test.house.accounts.update('anna', (anna) => ({ ...anna, tokens: [] }));
    await closed;
    expect(test.house.hub.client('anna-board')?.online).toBe(false);
  });

  it('are a guest of a device of the same account alone, and end with their credentials', async () => {
    new FrameDevice(devices).greet({ deviceId: 'board', user: 'anna', password: tokenOf('anna') });
    await expect(test.connect('board', as('ben'))).rejects.toThrow('Identifier rejected');
    const guest = await test.connect('board', as('anna'));
    const closed = gone(guest);
    await test.house.accounts.update('anna', (anna) => ({ ...anna, tokens: [] }));
    await closed;
  });
});
