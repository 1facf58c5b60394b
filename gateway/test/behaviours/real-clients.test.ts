import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const place = new Place();
beforeAll(() => place.start());
afterAll(() => place.dispose());

interface Member {
  client: MqttClient;
  told: Record<string, unknown>[];
  ask(request: object): Promise<unknown>;
  end(): Promise<void>;
}

/** A client of MQTT.js that hears what `behaviours` tells it. */
async function mqttMember(clientId: string): Promise<Member> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${place.listeners.mqtt.port}`, { clientId });
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  const told: Record<string, unknown>[] = [];
  client.on('message', (_topic, payload) => told.push(JSON.parse(payload.toString()) as Record<string, unknown>));
  await client.subscribeAsync(`$direct/${clientId}/behaviours`);
  return {
    ...{ client, told },
    ask: (request) => client.publishAsync('behaviours', JSON.stringify(request), { qos: 1 }),
    end: () => client.endAsync(true),
  };
}

async function oocsiMember(handle: string): Promise<OocsiClient> {
  const client = await OocsiClient.connect(place.listeners.oocsi.port, handle);
  onTestFinished(() => {
    client.socket.destroy();
  });
  return client;
}

test('an MQTT client is told of the state of OOCSI members, and an OOCSI client of its own', async () => {
  const ann = await mqttMember('ann');
  const ben = await oocsiMember('ben');
  await ann.ask({ awareness: 'kitchen' });
  ben.send('sendraw behaviours {"awareness": "kitchen"}');
  expect(await ben.take('ben')).toMatchObject({ awareness: 'kitchen', all: true });
  ben.send('sendraw kitchen {"mood": 3}');
  await ann.client.publishAsync('kitchen', '{"mood": 5}', { qos: 1 });
  await expect
    .poll(() => Object.assign({}, ...ann.told.map(({ members }) => members)))
    .toEqual({ ann: { mood: 5 }, ben: { mood: 3 } });
  await ben.takeLine((line) => line.includes('"mood":5'));
});

test('a member that answers calls as OOCSIGather does is in the table of an MQTT client', async () => {
  const ben = await oocsiMember('gatherer');
  ben.send('subscribe house_warmth_gather');
  ben.send('sendraw echo {"subscribed": true}');
  await ben.takeLine((line) => line.includes('"subscribed"'));
  const ann = await mqttMember('asker');
  await ann.ask({ gather: 'house', key: 'warmth' });
  expect(await ben.take('house_warmth_gather')).toMatchObject({ sender: 'behaviours', call: '' });
  ben.send('sendraw house_warmth_gather {"vote": 21.5}');
  await expect.poll(() => ann.told.at(-1)).toEqual({ gather: 'house', key: 'warmth', members: { gatherer: 21.5 } });
});

test('an OOCSI client leads when the MQTT client that led is gone', async () => {
  const first = await mqttMember('first');
  await first.ask({ leader: 'stage', stand: true });
  await expect.poll(() => first.told.at(-1)).toEqual({ leader: 'stage', name: 'first' });
  const second = await oocsiMember('second');
  second.send('sendraw behaviours {"leader": "stage", "stand": true}');
  expect(await second.take('second')).toMatchObject({ leader: 'stage', name: 'first' });
  await first.end();
  expect(await second.take('second')).toMatchObject({ leader: 'stage', name: 'second' });
});
