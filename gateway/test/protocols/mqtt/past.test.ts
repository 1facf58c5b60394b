import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAsked } from '../../../src/protocols/mqtt/past.ts';
import { message, startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';

const LIMITS = { channels: ['#'], maxMessages: 100, maxBytes: 100_000, maxChannels: 100, maxAgeMs: 3_600_000 };

describe.each([
  ['3.1.1', 4, 'aedes'],
  ['3.1.1', 4, 'own'],
  ['5', 5, 'own'],
] as const)('a client of MQTT %s (level %d, core: %s)', (_name, protocolVersion, core) => {
  let test: TestBroker;
  beforeEach(async () => {
    test = await startBroker({ core, history: LIMITS });
  });
  afterEach(() => test.close());
  const connect = (id: string): Promise<TestClient> => test.connect(id, { protocolVersion });

  it('hears what was said before it came, from MQTT and elsewhere, then what is said, by the channel’s own topic', async () => {
    const sensor = await connect('sensor');
    for (const text of ['1', '2', '3']) await sensor.mqtt.publishAsync('room/t', text, { qos: 1 });
    test.house.hub.send(message({ to: 'room/t', body: '4' }));
    const late = await connect('late');
    await late.mqtt.subscribeAsync('room/t[replay(3)]', { qos: 1 });
    await sensor.mqtt.publishAsync('room/t', '5', { qos: 1 });
    expect((await late.got(4)).map(({ topic, text, retain }) => [topic, text, retain])).toEqual([
      ['room/t', '2', true],
      ['room/t', '3', true],
      ['room/t', '4', true],
      ['room/t', '5', false],
    ]);
  });

  it('gets what is retained once, and ends the subscription by either name', async () => {
    const sensor = await connect('sensor');
    await sensor.mqtt.publishAsync('sign', 'closed', { qos: 1 });
    await sensor.mqtt.publishAsync('sign', 'open', { qos: 1, retain: true });
    const late = await connect('late');
    await late.mqtt.subscribeAsync('sign[since("1h")]');
    expect((await late.got(2)).map(({ text }) => text).sort()).toEqual(['closed', 'open']);
    const { hub } = test.house;
    expect(hub.members('sign')).toEqual(['late']);
    await late.mqtt.unsubscribeAsync('sign[since("1h")]');
    expect(hub.members('sign')).toEqual([]);
    await late.mqtt.subscribeAsync('sign[replay(1)]');
    await late.mqtt.unsubscribeAsync('sign');
    expect(hub.members('sign')).toEqual([]);
    // Nothing came a second time: what is said last comes next.
    await late.mqtt.subscribeAsync('end');
    await sensor.mqtt.publishAsync('end', 'end', { qos: 1 });
    expect((await late.got(4)).map(({ text }) => text).slice(2)).toEqual(['open', 'end']);
  });
});

it.each([
  'lights',
  'lights[0]',
  'lights[replay(ten)]',
  'lights[filter(a > 1);replay(2)]',
  '$presence/a[replay(1)]',
  'club:secret[replay(1)]',
])('%s is a topic filter like any other', (filter) => {
  expect(readAsked(filter)).toBeUndefined();
});
