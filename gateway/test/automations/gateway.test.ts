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

const RULES = [{ allow: ['send', 'subscribe'], topics: ['lamp/#', 'asked/lamps'] }];
const CONFIG = { automations: AUTOMATIONS, auth: { anonymous: 'allow', roles: { lamps: RULES } } };

beforeAll(async () => {
  await saveAccounts(place.dataDir, [
    accountOf('lamps', { roles: ['lamps'] }),
    accountOf('boss', { roles: ['admin'], token }),
  ]);
  await place.start(CONFIG);
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

/** Asks the API, and returns the status and what it answers. */
async function request(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> {
  const url = `http://127.0.0.1:${place.listeners.http.port}/api/v1/automations${path}`;
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) };
}

test('people make, change and remove others, which work at once and after a restart', async () => {
  const automation = { when: 'knock', send: [{ channel: 'bell', body: '${value}' }] };
  expect(await request('PUT', '/bell', { automation })).toMatchObject({
    status: 200,
    answer: { name: 'bell', source: 'dashboard', fired: 0, automation: { when: 'knock' } },
  });
  const { client, heard } = await mqttClient('bell', 'gong');
  await client.publishAsync('knock', 'one', { qos: 1 });
  await expect.poll(() => heard).toEqual(['bell one']);
  const changed = { ...automation, send: [{ channel: 'gong', body: '${value}' }] };
  expect(await request('PUT', '/bell', { automation: changed })).toMatchObject({ status: 200 });
  await client.publishAsync('knock', 'two', { qos: 1 });
  await expect.poll(() => heard).toEqual(['bell one', 'gong two']);

  await client.endAsync();
  await place.stop();
  await place.start(CONFIG);
  const { client: later, heard: after } = await mqttClient('bell', 'gong');
  await later.publishAsync('knock', 'three', { qos: 1 });
  await expect.poll(() => after).toEqual(['gong three']);
  expect(await request('DELETE', '/bell')).toMatchObject({ status: 204 });
  await later.publishAsync('knock', 'four', { qos: 1 });
  await later.publishAsync('gong', 'end', { qos: 1 });
  await expect.poll(() => after).toEqual(['gong three', 'gong end']);
});

test.each([
  ['PUT', '/fan', { automation: { when: 'a', send: [{ channel: 'b' }] } }, 409, 'is in the configuration'],
  ['PUT', '/new', { automation: { when: 'a', if: '(', send: [{ channel: 'b' }] } }, 400, 'if: an expression such as'],
  ['PUT', '/a%20b', { automation: { when: 'a', send: [{ channel: 'b' }] } }, 400, 'name: 1 to 64 letters'],
  ['DELETE', '/fan', undefined, 404, 'Nobody made an automation fan'],
] as const)('says why not: %s %s', async (method, path, body, status, message) => {
  expect(await request(method, path, body)).toMatchObject({
    status,
    answer: { error: { message: expect.stringContaining(message) } },
  });
});
