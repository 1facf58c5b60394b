import { afterEach, describe, expect, it } from 'vitest';
import { startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';
import { account, as, setRoles } from './people.ts';

let test: TestBroker;
afterEach(() => test.close());

/** Somebody who hears everything, without a quota. */
async function reader(): Promise<TestClient> {
  const client = await test.connect('reader', as('boss'));
  await client.mqtt.subscribeAsync('#');
  return client;
}

const BOSS = account('boss', { roles: ['admin'] });

describe('a quota', () => {
  it.each([4, 5] as const)('is used up by last wills, too, of MQTT %d', async (protocolVersion) => {
    test = await startBroker({
      quotas: { device: { bytesPerDay: 250 } },
      prepare: (house) => house.accounts.addAll([BOSS, account('anna', { roles: ['device'] })]),
    });
    const boss = await reader();
    for (let number = 1; number <= 4; number++) {
      const will = { topic: `gone/${number}`, payload: Buffer.alloc(100, 'x'), qos: 1 as const };
      const client = await test.connect(`anna-${number}`, { ...as('anna'), protocolVersion, will });
      const left = new Promise((resolve) => test.house.hub.events.on('leave', resolve));
      client.mqtt.stream.destroy();
      await left;
    }
    await boss.mqtt.publishAsync('end', '', { qos: 1 });
    await expect.poll(() => boss.received.at(-1)?.topic).toBe('end');
    expect(boss.received.map(({ topic }) => topic)).toEqual(['gone/1', 'gone/2', 'end']);
    const over = { quota: 'bytesPerDay' };
    await expect.poll(() => test.house.metrics.value('crosscomm_quota_refusals_total', over)).toBe(2);
    expect(test.reports.at(-1)).toContain('anna-4 published to gone/4, which was dropped: it may send 250 bytes');
  });

  it('of anonymous clients is used up by last wills of their address', async () => {
    test = await startBroker({
      quotas: { anonymous: { bytesPerDay: 150 } },
      prepare: (house) => house.accounts.addAll([BOSS]),
    });
    const boss = await reader();
    for (const id of ['one', 'two']) {
      const will = { topic: `gone/${id}`, payload: Buffer.alloc(100, 'x'), qos: 1 as const };
      const client = await test.connect(id, { will });
      const left = new Promise((resolve) => test.house.hub.events.on('leave', resolve));
      client.mqtt.stream.destroy();
      await left;
    }
    await boss.mqtt.publishAsync('end', '', { qos: 1 });
    await expect.poll(() => boss.received.at(-1)?.topic).toBe('end');
    expect(boss.received.map(({ topic }) => topic)).toEqual(['gone/one', 'end']);
  });

  it.each([4, 5] as const)('keeps nothing waiting for hours of those who are gone, of MQTT %d', async (version) => {
    test = await startBroker({
      quotas: { device: { messagesPerSecond: 1 } },
      prepare: (house) => house.accounts.addAll([BOSS, account('anna', { roles: ['device'] })]),
    });
    const { house } = test;
    const slowed = (): number => house.metrics.value('crosscomm_quota_slowed_messages_total') ?? 0;
    const first = await test.connect('anna-first', as('anna'));
    await first.mqtt.publishAsync('room', 'takes what there is at once', { qos: 1 });
    const ids = Array.from({ length: 80 }, (_, index) => `anna-${index}`);
    for (const id of ids) {
      const client = await test.connect(id, { ...as('anna'), protocolVersion: version });
      const left = new Promise((resolve) => house.hub.events.on('leave', resolve));
      const before = slowed();
      client.mqtt.publish('room', id);
      await expect.poll(slowed, { interval: 2 }).toBe(before + 1);
      client.mqtt.stream.destroy();
      await left;
    }
    expect(house.access.quotas.waitingCount).toBeLessThanOrEqual(60);
  });
});

it('a rule about calls, or about what others retain, that changes while a message waits for its turn, holds for it', async () => {
  const all = ['send', 'subscribe', 'call', 'clear'] as const;
  test = await startBroker({
    quotas: { boundless: { messagesPerSecond: 1 } },
    prepare: (house) => house.accounts.addAll([BOSS, account('anna', { roles: ['boundless'] })]),
  });
  const { house } = test;
  setRoles(house, { boundless: [{ effect: 'allow', actions: all }] });
  const boss = await reader();
  await boss.mqtt.publishAsync('kept', 'by boss', { qos: 1, retain: true });
  const anna = await test.connect('anna-1', as('anna'));
  await anna.mqtt.publishAsync('first', '', { qos: 1 });
  anna.mqtt.publish('kept', '', { retain: true });
  anna.mqtt.publish('service', '{"_MESSAGE_HANDLE":"open"}');
  await expect.poll(() => house.access.quotas.waitingCount).toBeGreaterThan(0);
  const fewer = [
    { effect: 'allow', actions: all },
    { effect: 'deny', actions: ['call', 'clear'] },
  ] as const;
  setRoles(house, { boundless: fewer });
  const waiting = (): number => {
    house.clock.advance(1000);
    return house.access.quotas.waitingCount;
  };
  await expect.poll(waiting, { interval: 20 }).toBe(0);
  await boss.mqtt.publishAsync('end', '', { qos: 1 });
  await expect.poll(() => boss.received.at(-1)?.topic).toBe('end');
  expect(boss.lines).toEqual(['kept=by boss', 'first=', 'end=']);
  expect(house.hub.retained('kept')?.text).toBe('by boss');
});
