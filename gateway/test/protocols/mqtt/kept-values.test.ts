import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hub } from '../../../src/hub/hub.ts';
import { message, startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';

let test: TestBroker;
let hub: Hub;
beforeEach(async () => {
  test = await startBroker();
  hub = test.house.hub;
});
afterEach(async () => {
  await test.close();
});

const RETAINED = { qos: 1, retain: true } as const;
const NOW = { qos: 1 } as const;

/** A client of another protocol sets kept values. */
function keep(body: string): void {
  hub.send(message({ from: 'ann', to: 'room', kind: 'dict', body }), { keep: true });
}

let number = 0;

/** What a client that subscribes now is shown, up to a message that is sent after that. */
async function shown(): Promise<string[]> {
  const client: TestClient = await test.connect(`late-${number++}`);
  await client.mqtt.subscribeAsync(['room', 'end'], { qos: 1 });
  await client.mqtt.publishAsync('end', 'end', NOW);
  while (client.received.at(-1)?.topic !== 'end') await client.got(client.received.length + 1);
  await client.mqtt.endAsync();
  return client.received.slice(0, -1).map(({ text, retain }) => `${retain ? 'retained' : 'live'} ${text}`);
}

describe('kept values, to MQTT clients', () => {
  it('are one retained message of all of them, and each change as it is sent', async () => {
    const here = await test.connect('here');
    await here.mqtt.subscribeAsync('room', { qos: 1 });
    keep('{"light":1}');
    keep('{"fan":true}');
    expect((await here.got(2)).map(({ text, retain }) => [text, retain])).toEqual([
      ['{"light":1}', false],
      ['{"fan":true}', false],
    ]);
    expect(await shown()).toEqual(['retained {"light":1,"fan":true}']);
  });

  it('are changed by what they publish, retained or not, and none of the others is forgotten', async () => {
    keep('{"light":1,"fan":true}');
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', '{"light":2,"noise":1}', NOW);
    expect(await shown()).toEqual(['retained {"light":2,"fan":true}']);
    for (const retained of ['{"light":3}', '{"light":3}', '{"door":"open"}']) {
      await board.mqtt.publishAsync('room', retained, RETAINED);
    }
    expect(await shown()).toEqual(['retained {"light":3,"fan":true,"door":"open"}']);
    expect(hub.retained('room')).toMatchObject({ from: 'board', body: '{"light":3,"fan":true,"door":"open"}' });
  });

  it('take over what was retained as an object, of which something is on disk at any time', async () => {
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', '{"light":1}', RETAINED);
    expect(hub.keepFields('lamp', 'room', ['fan'])).toEqual({ body: '{}' });
    keep('{"fan":true}');
    expect(await shown()).toEqual(['retained {"light":1,"fan":true}']);
    const records = [...test.house.store.retained];
    await test.broker.written();
    await test.restart();
    expect(await shown()).toEqual(['retained {"light":1}']);
    test.house.hub.restore({ clients: [], retained: records, scheduled: [] });
    expect(await shown()).toEqual(['retained {"light":1,"fan":true}']);
    test.house.hub.send(message({ from: 'ann', to: 'room', kind: 'dict', body: '{"light":null,"fan":null}' }));
    await test.broker.written();
    await test.restart();
    expect(await shown()).toEqual([]);
  });

  it('are forgotten by null, and all together by an empty retained message', async () => {
    keep('{"light":1,"fan":true}');
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', '{"light":null}', NOW);
    expect(await shown()).toEqual(['retained {"fan":true}']);
    await board.mqtt.publishAsync('room', '', RETAINED);
    expect(await shown()).toEqual([]);
    expect(test.house.store.retained.size).toBe(0);
    await board.mqtt.publishAsync('room', '{"fan":false}', NOW);
    expect(await shown()).toEqual([]);
  });

  it('leave the topic to MQTT once they are ended: retained messages stay until a retained one replaces them', async () => {
    const owner = await test.connect('owner');
    await owner.mqtt.publishAsync('room', '{"mode":"safe"}', RETAINED);
    keep('{"zz":1}');
    expect(await shown()).toEqual(['retained {"mode":"safe","zz":1}']);
    await owner.mqtt.publishAsync('room', '', RETAINED);
    await owner.mqtt.publishAsync('room', '{"mode":"again","zz":2}', NOW);
    expect(await shown()).toEqual([]);
    await owner.mqtt.publishAsync('room', '{"mode":"R"}', RETAINED);
    await owner.mqtt.publishAsync('room', '{"mode":"L"}', NOW);
    expect(await shown()).toEqual(['retained {"mode":"R"}']);
    await owner.mqtt.publishAsync('room', '{"other":1}', RETAINED);
    expect(await shown()).toEqual(['retained {"other":1}']);
    expect(test.house.store.retained.size).toBe(0);
    keep('{"zz":3}');
    expect(await shown()).toEqual(['retained {"other":1,"zz":3}']);
  });

  it('are ended by retained null of the last of them, also on disk', async () => {
    keep('{"light":1}');
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', '{"light":null}', RETAINED);
    expect(await shown()).toEqual([]);
    expect(test.house.store.retained.size).toBe(0);
    await test.broker.written();
    await test.restart();
    expect(await shown()).toEqual([]);
  });

  it('that nobody has set are no more kept once what is retained beside them is taken away', async () => {
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', 'off', RETAINED);
    hub.keepFields('lamp', 'room', ['light']);
    await board.mqtt.publishAsync('room', '', RETAINED);
    expect(test.house.store.retained.size).toBe(0);
    await board.mqtt.publishAsync('room', '{"light":1}', NOW);
    expect(await shown()).toEqual([]);
  });

  it('give way to a retained message that is no object, until one is set again', async () => {
    keep('{"light":1,"fan":true}');
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', 'off', RETAINED);
    expect(await shown()).toEqual(['retained off']);
    const late = new MemorySession('late');
    hub.join(late);
    hub.subscribe(late, 'room');
    expect(late.received.map(({ body }) => body)).toEqual(['off']);
    await board.mqtt.publishAsync('room', '{"light":2}', NOW);
    expect(await shown()).toEqual(['retained {"light":2}']);
  });

  it('that nobody has set yet leave alone a retained message that is no object, also over a restart', async () => {
    const board = await test.connect('board');
    await board.mqtt.publishAsync('room', 'off', RETAINED);
    expect(hub.keepFields('lamp', 'room', ['light'])).toEqual({ body: '{}' });
    expect(await shown()).toEqual(['retained off']);
    const records = [...test.house.store.retained];
    await test.restart();
    test.house.hub.restore({ clients: [], retained: records, scheduled: [] });
    await test.broker.start();
    expect(await shown()).toEqual(['retained off']);
    const later = await test.connect('board');
    await later.mqtt.publishAsync('room', '{"light":3}', NOW);
    expect(await shown()).toEqual(['retained {"light":3}']);
  });
});
