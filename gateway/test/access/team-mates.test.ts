import { accountOf } from '@crosscomm/testing/accounts';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { carriedOut, person, Stage } from './paths/stage.ts';

/** Two accounts of one namespace: a group that is together. */
const [anna, ben] = [person('anna'), person('ben')];
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open([
    accountOf('anna', { token: anna.token, namespace: 'group7' }),
    accountOf('ben', { token: ben.token, namespace: 'group7' }),
  ]);
});
afterEach(() => stage.rest());
afterAll(() => stage.close());

const FIVE: IClientOptions = { protocolVersion: 5 };

/** What comes to a client: the topic, the response topic and the payload of each message. */
async function listen(
  who: typeof anna,
  clientId: string,
  filter: string,
  options = FIVE,
): Promise<{ client: MqttClient; got: unknown[] }> {
  const got: unknown[] = [];
  const client = await stage.mqtt(who, { ...options, clientId }, (topic, payload, { properties }) => {
    got.push([topic, properties?.responseTopic, String(payload)]);
  });
  await client.subscribeAsync(filter, { qos: 1 });
  return { client, got };
}

it('has inboxes, response topics and ids of MQTT without the namespace, and others have them with it', async () => {
  const service = await listen(anna, 'service', 'ask');
  const inbox = await listen(anna, 'lamp', '$direct/lamp/#', { protocolVersion: 4 });
  const all = await listen(stage.boss, 'boss-all', 'group7/#');
  const asker = await listen(ben, 'asker', 'reply/asker');
  await asker.client.publishAsync('ask', 'how?', { qos: 1, properties: { responseTopic: 'reply/asker' } });
  await expect.poll(() => service.got).toEqual([['ask', 'reply/asker', 'how?']]);
  await service.client.publishAsync('reply/asker', 'so', { qos: 1 });
  await expect.poll(() => asker.got).toEqual([['reply/asker', undefined, 'so']]);
  await asker.client.publishAsync('$direct/lamp', 'on', { qos: 1 });
  await expect.poll(() => inbox.got).toEqual([['$direct/lamp/asker', undefined, 'on']]);
  expect(all.got).toEqual([
    ['group7/ask', 'group7/reply/asker', 'how?'],
    ['group7/reply/asker', undefined, 'so'],
  ]);
});

it('has direct messages, calls and answers between protocols by the names that its clients have', async () => {
  const lamp = await stage.oocsi(anna, 'group7/lamp');
  const device = await stage.device(ben);
  device.say({
    type: 'sequenced',
    seq: 1,
    frame: { type: 'call', callId: 5, to: 'lamp', function: 'glow', args: null },
  });
  await expect.poll(() => lamp.kept.join('\n')).toContain('"_MESSAGE_HANDLE":"glow"');
  const [, call = '{}'] = /(\{[^\n]*"glow"[^\n]*\})/.exec(lamp.kept.join('\n')) ?? [];
  const { _MESSAGE_ID: id, sender } = JSON.parse(call) as Record<string, string>;
  expect(sender).toMatch(/^ben-\d+$/);
  lamp.send(`sendraw ${sender} {"bright":7,"_MESSAGE_ID":"${id}"}`);
  await carriedOut(lamp);
  await expect.poll(device.ear.text).toMatch(/type: 'reply',\s+callId: 5,\s+value: Map\(1\) \{ 'bright' => 7 \}/);
  const { ear, send } = await stage.crosscomm(anna, 'page');
  send('text', 'lamp', 'hello');
  await ear.settle();
  await expect.poll(() => lamp.kept.join('\n')).toMatch(/"recipient":"(?:group7\/)?lamp[^}]*"sender":"page"/);
});

it('ends what it was subscribed to by the names that its clients have', async () => {
  const lamp = await stage.oocsi(anna, 'group7/lamp');
  const { ear, send } = await stage.crosscomm(ben, 'page');
  const board = await listen(ben, 'board', 'kitchen', { protocolVersion: 4 });
  lamp.send('subscribe kitchen');
  send('dict', 'server', { subscribe: ['kitchen'] });
  await Promise.all([carriedOut(lamp), ear.settle()]);
  const members = async (): Promise<string> =>
    await (await stage.http(stage.boss, '/api/v1/channels/group7%2Fkitchen')).text();
  expect(await members()).toMatch(/group7\/board.*group7\/lamp.*group7\/page/s);
  lamp.send('unsubscribe kitchen');
  send('dict', 'server', { unsubscribe: ['kitchen'] });
  await Promise.all([carriedOut(lamp), ear.settle(), board.client.unsubscribeAsync('kitchen')]);
  expect(await members()).not.toMatch(/group7\/(?:lamp|page|board)/);
});

it('lets nobody else have ids of the namespace, and none of its clients one that all share', async () => {
  const rita = stage.rita;
  await expect(stage.mqtt(rita, { clientId: 'group7/lamp' })).rejects.toThrow();
  await expect(stage.oocsi(anna, 'class/hall')).rejects.toThrow('refused');
  await expect(stage.mqtt(anna, { clientId: 'class' })).rejects.toThrow();
});
