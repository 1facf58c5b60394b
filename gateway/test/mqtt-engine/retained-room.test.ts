import { afterEach, describe, expect, it } from 'vitest';
import { message, startBroker, type TestBroker, type TestClient } from './support.ts';

let test: TestBroker;
afterEach(async () => {
  await test.close();
});

async function retain(client: TestClient, topic: string, text: string): Promise<void> {
  await client.mqtt.publishAsync(topic, text, { qos: 1, retain: true });
}

/** What a new subscriber to `filter` finds there. */
async function kept(filter: string): Promise<string[]> {
  await test.broker.written();
  const reader = await test.connect('reader');
  await reader.mqtt.subscribeAsync(filter);
  // What is retained comes by one message in two turns of the event loop, of which each of these takes more.
  for (let turn = 0; turn < 20; turn++) await reader.mqtt.publishAsync('turn', '', { qos: 1 });
  await reader.mqtt.endAsync();
  return reader.lines.filter((line) => line !== 'turn=');
}

describe('a message to be retained for which there is no room', () => {
  it('is delivered and acknowledged but not kept, and the log names the client and the channel', async () => {
    test = await startBroker({ maxRetained: 1 });
    const sender = await test.connect('sender');
    const reader = await test.connect('live');
    await reader.mqtt.subscribeAsync('#');
    await retain(sender, 'lamp/1', 'on');
    await retain(sender, 'lamp/2', 'off');
    expect((await reader.got(2)).map(({ text }) => text)).toEqual(['on', 'off']);
    expect(await kept('lamp/#')).toEqual(['lamp/1=on']);
    expect(test.house.hub.retained('lamp/2')).toBeUndefined();
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TOO_MANY': 1 });
    expect(test.reports.at(-1)).toMatch(/client sender .*lamp\/2.*limits\.maxRetained/);
  });

  it('takes the one before it along, on every wire, as that is not the last one any more', async () => {
    test = await startBroker({ maxRetainedBytes: 20_000 });
    const sender = await test.connect('sender');
    await retain(sender, 'state', 'small');
    expect(test.house.hub.retained('state')?.text).toBe('small');
    await retain(sender, 'state', 'x'.repeat(10_000));
    expect(await kept('state')).toEqual([]);
    expect(test.house.hub.retained('state')).toBeUndefined();
    await test.restart();
    expect(await kept('state')).toEqual([]);
    const later = await test.connect('sender');
    await retain(later, 'state', 'small again');
    expect(await kept('state')).toEqual(['state=small again']);
  });
});

describe('the room for retained messages', () => {
  it('is a quarter of all for one client, also over a restart, and its address has a half', async () => {
    test = await startBroker({ maxRetained: 8 });
    const one = await test.connect('one');
    for (const topic of ['1', '2', '3']) await retain(one, topic, 'x');
    await test.restart();
    const again = await test.connect('one');
    await retain(again, '4', 'x');
    const two = await test.connect('two');
    for (const topic of ['5', '6', '7']) await retain(two, topic, 'x');
    const three = await test.connect('three');
    await retain(three, '8', 'x');
    // The hub's clients, at other addresses, still have room.
    const { hub } = test.house;
    expect(hub.send(message({ from: 'python', to: '9' }), { retainMs: 60_000 }).reason).not.toBe('store_full');
    expect((await kept('#')).sort()).toEqual(['1=x', '2=x', '5=x', '6=x', '9=on']);
  });

  it('lets nobody end what another one keeps by having used up a share', async () => {
    test = await startBroker({ maxRetained: 8 });
    const one = await test.connect('one');
    for (const topic of ['1', '2']) await retain(one, topic, 'x');
    const two = await test.connect('two');
    for (const topic of ['3', '4']) await retain(two, topic, 'x');
    await retain(two, '1', 'from two');
    expect(test.house.hub.retained('1')?.text).toBe('from two');
    expect((await kept('#')).sort()).toEqual(['1=from two', '2=x', '3=x', '4=x']);
    const { hub } = test.house;
    for (const to of ['5', '6']) hub.send(message({ from: 'three', to }), { retainMs: 60_000 });
    expect(hub.send(message({ from: 'three', to: '7' }), { retainMs: 60_000 }).reason).toBe('store_full');
    hub.send(message({ from: 'three', to: '2', body: 'three' }), { retainMs: 60_000 });
    hub.send(message({ from: 'three', to: '5', body: 'again' }), { retainMs: 60_000 });
    expect(['2', '5', '6'].map((name) => hub.retained(name)?.text)).toEqual(['three', 'again', 'on']);
  });

  it('is one for MQTT and the hub: what either keeps, the other cannot', async () => {
    test = await startBroker({ maxRetained: 4 });
    const { hub } = test.house;
    for (const from of ['a', 'b', 'c']) hub.send(message({ from, to: from }), { retainMs: 60_000 });
    const sender = await test.connect('sender');
    await retain(sender, '$foo/4', 'between MQTT clients');
    expect(hub.send(message({ from: 'd', to: '5' }), { retainMs: 60_000 }).reason).toBe('store_full');
    await retain(await test.connect('other'), '6', 'x');
    expect(await kept('6')).toEqual([]);
    await retain(sender, '$foo/4', '');
    expect(hub.send(message({ from: 'd', to: '5' }), { retainMs: 60_000 }).reason).not.toBe('store_full');
    expect((await kept('#')).sort()).toEqual(['5=on', 'a=on', 'b=on', 'c=on']);
  });

  it('is free again when a message is taken away, or the time of one of the hub is over', async () => {
    test = await startBroker({ maxRetained: 2 });
    const { hub, clock } = test.house;
    const sender = await test.connect('sender');
    for (let round = 0; round < 3; round++) {
      await retain(sender, 'round', String(round));
      hub.send(message({ from: 'python', to: 'timed' }), { retainMs: 1000 });
      expect((await kept('#')).sort()).toEqual([`round=${round}`, 'timed=on']);
      await retain(sender, 'round', '');
      clock.advance(600_000);
      expect(await kept('#')).toEqual([]);
      expect(hub.retainedBudget.count).toBe(0);
      expect(hub.retainedBudget.bytes).toBe(0);
    }
  });
});
