import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ownerOf } from '../../../src/mqtt-engine/aedes/client.ts';
import { Core } from '../../../src/mqtt-engine/aedes/core.ts';
import type { CoreClient } from '../../../src/mqtt-engine/aedes/private.ts';
import { SUBSCRIPTIONS } from '../../../src/mqtt-engine/store/session-keys.ts';
import { startBroker, type TestBroker } from '../support.ts';

/**
 * What a client subscribes to is in one place, store/subscription-index.ts. Beside it are what is on disk of it, and a copy of aedes by which
 * it hands messages round.
 */

let test: TestBroker;
/** aedes' clients, the last first. */
let clients: CoreClient[];
beforeEach(async () => {
  clients = [];
  const register = Core.prototype.registerClient;
  const spy = vi.spyOn(Core.prototype, 'registerClient').mockImplementation(function (this: Core, client) {
    clients.unshift(client);
    register.call(this, client);
  });
  onTestFinished(() => spy.mockRestore());
  test = await startBroker();
});
afterEach(async () => {
  await test.close();
});

/** The filters of the client that came last: aedes', ours, and those on disk. */
async function filters(id: string): Promise<{ core: string[]; index: string[]; disk: string[] }> {
  const client = clients[0] as CoreClient;
  const prefix = `${SUBSCRIPTIONS}${id}:`;
  const disk = (await test.keys()).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return {
    core: Object.keys(client.subscriptions).sort(),
    index: [...ownerOf(client).filters].sort(),
    disk: disk.sort(),
  };
}

describe('the copies of subscriptions that aedes needs', () => {
  it.each([true, false])('agree with the index, whatever a client subscribes to and not (clean: %s)', async (clean) => {
    const client = await test.connect('lamp', { clean });
    const disk = (expected: string[]): string[] => (clean ? [] : expected);
    const asked = { 'a/b': { qos: 1 }, 'a/#': { qos: 0 }, '$direct/other': { qos: 1 }, '+/b': { qos: 2 } } as const;
    await client.mqtt.subscribeAsync(asked).catch(() => {});
    const all = ['+/b', 'a/#', 'a/b'];
    expect(await filters('lamp')).toEqual({ core: all, index: all, disk: disk(all) });
    await client.mqtt.subscribeAsync('a/b', { qos: 0 });
    await client.mqtt.unsubscribeAsync(['a/#', 'never']);
    const left = ['+/b', 'a/b'];
    expect(await filters('lamp')).toEqual({ core: left, index: left, disk: disk(left) });
  });

  it('are made anew where a session comes back, also after a restart', async () => {
    const subscribe = async (): Promise<void> => {
      const client = await test.connect('lamp', { clean: false });
      await client.mqtt.subscribeAsync(['a', 'b/#'], { qos: 1 });
      await client.mqtt.endAsync();
    };
    await subscribe();
    const all = ['a', 'b/#'];
    await test.connect('lamp', { clean: false });
    expect(await filters('lamp')).toEqual({ core: all, index: all, disk: all });
    await test.restart();
    await test.connect('lamp', { clean: false });
    expect(await filters('lamp')).toEqual({ core: all, index: all, disk: all });
    await test.connect('lamp', { clean: true });
    expect(await filters('lamp')).toEqual({ core: [], index: [], disk: [] });
  });
});

describe('a SUBSCRIBE of which a later filter is refused', () => {
  it('leaves nothing of that one on disk or in the index', async () => {
    const client = await test.connect('lamp', { clean: false });
    await client.mqtt.subscribeAsync({ a: { qos: 1 }, '$direct/other': { qos: 1 } }).catch(() => {});
    expect(await filters('lamp')).toEqual({ core: ['a'], index: ['a'], disk: ['a'] });
  });
});
