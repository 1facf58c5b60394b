// biome-ignore-all lint/suspicious/noTemplateCurlyInString: automations have their values written so.
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { secretToken } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

// Real clients, and a gateway that sends by itself.

const place = new Place();
const token = secretToken();
const AUTOMATIONS = [
  {
    ...{ name: 'fan', when: 'sensors/+/climate', if: 'celsius > 26', edge: 'rising' },
    send: [{ channel: 'fan_${$2}', body: { on: true, celsius: '${celsius}' } }],
  },
  { name: 'ping', when: 'ping', send: [{ channel: 'pong' }] },
  { name: 'pong', when: 'pong', send: [{ channel: 'ping' }] },
  { name: 'limited', when: 'asked/#', account: 'lamps', send: [{ channel: '${value}', body: 'done' }] },
];

beforeAll(async () => {
  await saveAccounts(place.dataDir, [
    accountOf('lamps', { roles: ['lamps'] }),
    accountOf('boss', { roles: ['admin'], token }),
  ]);
  const rules = [{ allow: ['send', 'subscribe'], topics: ['lamp/#', 'asked/lamps'] }];
  await place.start({ automations: AUTOMATIONS, auth: { anonymous: 'allow', roles: { lamps: rules } } });
});
afterAll(() => place.dispose());

interface Heard {
  client: MqttClient;
  heard: string[];
}

async function mqttClient(...filters: string[]): Promise<Heard> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${place.listeners.mqtt.port}`);
  onTestFinished(async () => {
    await client.endAsync(true);
  });
  const heard: string[] = [];
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  if (filters.length > 0) await client.subscribeAsync(filters);
  return { client, heard };
}

async function ask<T>(path: string): Promise<T> {
  const url = `http://127.0.0.1:${place.listeners.http.port}/api/v1/${path}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

test('what an MQTT sensor says sets off what an OOCSI client and another of MQTT hear', async () => {
  const fan = await OocsiClient.connect(place.listeners.oocsi.port, 'fan');
  onTestFinished(() => {
    fan.socket.destroy();
  });
  fan.send('subscribe fan_kitchen');
  fan.send('sendraw echo {"subscribed": true}');
  await fan.takeLine((line) => line.includes('"subscribed"'));
  const { heard, client } = await mqttClient('fan_kitchen');
  for (const celsius of [20, 27.5, 28]) await client.publishAsync('sensors/kitchen/climate', `{"celsius": ${celsius}}`);
  expect(await fan.take('fan_kitchen')).toMatchObject({ on: true, celsius: 27.5 });
  await expect.poll(() => heard).toEqual(['fan_kitchen {"on":true,"celsius":27.5}']);
  await expect
    .poll(() => ask<object[]>('automations'))
    .toContainEqual(expect.objectContaining({ name: 'fan', fired: 1, loop: null }));
});

test('a circle is stopped, and the overview says which', async () => {
  const { client, heard } = await mqttClient('ping', 'pong');
  await client.publishAsync('ping', 'x', { qos: 1 });
  await expect
    .poll(async () => (await ask<{ problems: object[] }>('overview')).problems)
    .toContainEqual(expect.objectContaining({ code: 'automation_loop', level: 'fault', subject: 'ping' }));
  await expect.poll(() => heard).toEqual(['ping x', 'pong x', 'ping x']);
  await client.publishAsync('ping', 'y', { qos: 1 });
  await expect.poll(() => heard.at(-1)).toBe('ping y');
  expect(heard).toHaveLength(4);
});

test('one with an account hears and sends only what that account may', async () => {
  const { client, heard } = await mqttClient('lamp/#', 'door');
  for (const [topic, to] of [
    ['asked/others', 'lamp/1'],
    ['asked/lamps', 'door'],
    ['asked/lamps', 'lamp/2'],
  ] as const) {
    await client.publishAsync(topic, to, { qos: 1 });
  }
  await expect.poll(() => heard).toEqual(['lamp/2 done']);
  const { incidents } = await ask<{ incidents: object[] }>('overview');
  expect(incidents).toContainEqual(expect.objectContaining({ code: 'AUTOMATION_FAILED', listener: 'automations' }));
});

test('the command shows them, and tries others on what was said', async () => {
  const { client } = await mqttClient();
  await client.publishAsync('sensors/attic/climate', '{"celsius": 31}', { qos: 1 });
  const env = { CROSSCOMM_URL: `ws://127.0.0.1:${place.listeners.http.port}`, CROSSCOMM_TOKEN: token };
  const run = async (text: string, ...argv: string[]) => {
    const shell = new TestShell({ env, input: text });
    const code = await shell.run('automations', ...argv);
    return { code, out: shell.stdout.text, err: shell.stderr.text };
  };
  const { out } = await run('', 'list');
  expect(out).toMatch(/^fan +sensors\/\+\/climate +\d+ +0 +0 +\d\d:\d\d:\d\d +runs$/m);
  expect(out).toMatch(/stopped: ping > pong > ping/);
  const hot =
    'automations:\n  - {name: hot, when: sensors/attic/climate, if: celsius > 30, send: [{channel: siren, body: on}]}\n';
  const tried = await run(hot, 'dry-run', '-');
  expect(tried.out).toMatch(/^\d\d:\d\d:\d\d {2}hot sends to siren: on$/m);
  expect([tried.code, tried.err]).toEqual([0, '']);
  const wrong = await run(hot.replace('> 30', '>> 30'), 'dry-run', '-');
  expect(wrong.err).toMatch(/Automation 1: if: an expression such as celsius > 26 \(.*\)/);
  expect((await run('name: [', 'dry-run', '-')).err).toContain('- is no YAML');
  expect((await run('', 'dry-run', '-')).err).toContain('has no automation');
});
