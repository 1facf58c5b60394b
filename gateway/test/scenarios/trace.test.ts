import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CrossCommOptions, CrossCommService } from '@crosscomm/client';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { oscsend } from '@crosscomm/testing/osc-tools';
import { secretToken } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { ListenerAddress, Listeners } from '../../src/app/listeners.ts';
import { silentLog } from '../../src/common/log.ts';
import type { TraceView } from '../../src/observability/trace/view.ts';
import { EventReader } from '../web/api/event-reader.ts';

// Real clients send, and the gateway is asked why their messages did not arrive.

const TOKENS = { ben: secretToken(), boss: secretToken() };
/** On a machine that runs everything else at once. */
const SOON = { timeout: 20_000 };
const ends: (() => unknown)[] = [];
let dataDir: string;
let gateway: Gateway;
let doors: Listeners;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-trace-'));
  await saveAccounts(dataDir, [
    accountOf('ben', { roles: ['reader'], token: TOKENS.ben }),
    accountOf('boss', { roles: ['admin'], token: TOKENS.boss }),
  ]);
  const anyPort = { host: '127.0.0.1', port: 0 };
  const config = configSchema.parse({
    ...{ dataDir, http: anyPort, oocsi: anyPort, mqtt: anyPort, osc: anyPort, oss: anyPort },
    serial: { autoDetect: false },
    limits: { maxQueueBytes: 100_000 },
    auth: {
      roles: {
        reader: [
          { allow: ['send', 'subscribe'], topics: ['ben/#', 'news/#'] },
          { deny: ['subscribe'], topics: ['news/secret'] },
        ],
      },
      quotas: { reader: { bytesPerDay: 2000 } },
    },
  });
  gateway = createGateway(config, { log: silentLog });
  doors = await gateway.start();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});
afterAll(async () => {
  await gateway.stop();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

async function oocsi(handle: string, ...subscriptions: string[]): Promise<OocsiClient> {
  const client = await OocsiClient.connect(doors.oocsi.port, handle);
  ends.push(() => client.close());
  for (const channel of subscriptions) client.send(`subscribe ${channel}`);
  await client.settle();
  return client;
}

async function node(id: string, options: CrossCommOptions, ...subscriptions: string[]): Promise<CrossCommService> {
  const client = new CrossCommService({ clientId: id, url: `ws://127.0.0.1:${doors.http.port}`, ...options });
  ends.push(() => client.logout());
  await client.login();
  if (subscriptions.length > 0) await client.subscribe(subscriptions, () => {});
  await client.listClients({ onlyShowOnline: true });
  return client;
}

async function mqtt(clientId: string, options: IClientOptions = {}, ...filters: string[]): Promise<MqttClient> {
  const at = `mqtt://127.0.0.1:${doors.mqtt.port}`;
  const client = await connectAsync(at, { clientId, reconnectPeriod: 0, ...options });
  ends.push(() => client.endAsync(true));
  if (filters.length > 0) await client.subscribeAsync(filters, { qos: 1 });
  return client;
}

async function command(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell();
  const code = await shell.run(...argv, '--data-dir', dataDir);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

/** What the gateway tells about a client or channel, oldest first. */
async function told(about: string): Promise<TraceView[]> {
  const { out } = await command('trace', about, '--json');
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceView);
}

/** Waits until the last message about a client or channel is told like this. */
async function tells(about: string, sentence: string | RegExp): Promise<TraceView> {
  await expect
    .poll(async () => (await told(about)).at(-1)?.sentence, SOON)
    .toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  return (await told(about)).at(-1) as TraceView;
}

const CORES: readonly [string, IClientOptions][] = [
  ['MQTT 3.1.1', { protocolVersion: 4 }],
  ['MQTT 5', { protocolVersion: 5 }],
];

test('a message is told with all who got it, whatever they speak', async () => {
  const knob = await oocsi('knob');
  await oocsi('lamp', 'kitchen/light');
  await node('desk', { protocol: 'crosscomm' }, 'kitchen/light');
  await node('shelf', { protocol: 'frames' }, 'kitchen/light');
  await mqtt('door', {}, 'kitchen/#');
  await mqtt('wall', { protocolVersion: 5 }, 'kitchen/light');
  knob.send('sendraw kitchen/light {"on":true}');
  const view = await tells('kitchen/light', /^Delivered to lamp, desk, shelf and 2 others\.$/);
  expect(view).toMatchObject({
    from: 'knob',
    protocol: 'oocsi',
    kind: 'dict',
    size: 11,
    delivered: 5,
    isFailed: false,
  });
  expect(view.recipients.map(({ id }) => id).sort()).toEqual(['desk', 'door', 'lamp', 'shelf', 'wall']);
  // It is told to whoever asks about the sender or about one who got it, too.
  expect((await told('knob')).at(-1)).toEqual(view);
  expect((await told('wall')).at(-1)).toEqual(view);
});

describe('nobody gets it', () => {
  test('as nobody subscribes, and somebody does to nearly the same name', async () => {
    const knob = await oocsi('knob');
    knob.send('sendraw hall/light {}');
    await tells('hall/light', 'Nobody subscribes to hall/light.');
    await oocsi('lamp', 'hall/ligth');
    await tells(
      'hall/light',
      'Nobody subscribes to hall/light. lamp subscribes to hall/ligth: is one of the two misspelt?',
    );
    await mqtt('bulb', {}, 'Hall/Light');
    await tells(
      'hall/light',
      'Nobody subscribes to hall/light. bulb subscribes to Hall/Light: is one of the two misspelt?',
    );
    await oocsi('late', 'hall/light');
    await tells('hall/light', 'Nobody subscribes to hall/light. late does now, but did not then.');
  });

  test.each(CORES)('as nobody subscribes to the topic of a client of %s', async (_, options) => {
    const sensor = await mqtt('sensor', options);
    for (const qos of [0, 1, 2] as const) await sensor.publishAsync(`attic/${qos}`, 'x', { qos });
    for (const qos of [0, 1, 2]) await tells(`attic/${qos}`, `Nobody subscribes to attic/${qos}.`);
    await sensor.publishAsync('attic/kept', 'x', { retain: true, qos: 1 });
    expect(
      await tells('attic/kept', 'Nobody subscribes to attic/kept. It is retained for whoever subscribes later.'),
    ).toMatchObject({ isFailed: false, isRetained: true, protocol: 'mqtt' });
  });

  test('as only the sender itself subscribes', async () => {
    const knob = await oocsi('knob', 'mirror');
    knob.send('sendraw mirror {}');
    await tells('mirror', 'Nobody else subscribes to mirror: knob does, but nobody gets what it sends itself.');
  });

  test('as the client that it is for is away', async () => {
    const lamp = await oocsi('lamp2', 'cellar/light');
    lamp.close();
    await expect.poll(async () => (await command('send', 'lamp2', 'x')).err, SOON).toContain('is offline');
    await tells('lamp2', 'lamp2 is away, and nothing keeps messages for it.');
    const knob = await oocsi('knob');
    knob.send('sendraw cellar/light {}');
    await tells('cellar/light', 'Nobody subscribes to cellar/light. lamp2 does when it is connected, but is away.');
  });

  test('as its channel is private, and its password is in no answer', async () => {
    await oocsi('member', 'club:hidden-word');
    const knob = await oocsi('knob');
    knob.send('sendraw club:another-word {}');
    const view = await tells('club', 'Refused: club is a private channel, and knob did not give its password.');
    expect(JSON.stringify(view)).not.toContain('-word');
    knob.send('sendraw club:hidden-word {}');
    expect(JSON.stringify(await tells('club', 'Delivered to member.'))).not.toContain('-word');
  });

  test('of a device that speaks frames', async () => {
    const device = await WebSocketDevice.connect(doors.http.port);
    ends.push(() => device.socket.close());
    device.say({ type: 'hello', version: 1, deviceId: 'uno', bootId: 7, maxFrame: 256 });
    await device.take('welcome');
    device.say({ type: 'sequenced', seq: 1, frame: { type: 'message', to: 'porch', value: new Map([['x', 1]]) } });
    expect(await tells('uno', 'Nobody subscribes to porch.')).toMatchObject({ to: 'porch', protocol: 'frames' });
  });

  test('by Open Sound Control and by HTTP', async () => {
    await oscsend((doors.osc as ListenerAddress).port, '/stage/lamp', 'i', '1');
    expect(await tells('stage/lamp', 'Nobody subscribes to stage/lamp.')).toMatchObject({ protocol: 'osc' });
    await fetch(`http://127.0.0.1:${doors.http.port}/send/garage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sender":"curl","open":true}',
    });
    expect(await tells('garage', 'Nobody subscribes to garage.')).toMatchObject({ from: 'curl', protocol: 'http' });
  });
});

describe('its sender may not send it', () => {
  test.each(CORES)('by %s', async (_, options) => {
    const ben = await mqtt('ben', { ...options, username: 'ben', password: TOKENS.ben });
    await ben.publishAsync('door', 'open', { qos: 0 });
    const why = 'Refused: no role of its sender lets it send there.';
    expect(await tells('door', why)).toMatchObject({ from: 'ben', to: 'door', protocol: 'mqtt', reason: 'rule' });
  });

  test('by OOCSI', async () => {
    const ben = await oocsi(`ben:${TOKENS.ben}`);
    ben.send('sendraw gate {}');
    expect(await tells('gate', 'Refused: no role of its sender lets it send there.')).toMatchObject({ isFailed: true });
  });

  test.each(['crosscomm', 'frames'] as const)('by %s, of a Node program', async (protocol) => {
    const ben = await node('ben', { protocol, token: TOKENS.ben });
    await ben.send(`shed/${protocol}`, { open: true }).catch(() => {});
    const why = 'Refused: no role of its sender lets it send there.';
    expect(await tells(`shed/${protocol}`, why)).toMatchObject({ from: 'ben', protocol });
  });

  test('by HTTP', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.ben}` };
    const at = `http://127.0.0.1:${doors.http.port}/send/barn`;
    expect((await fetch(at, { method: 'POST', headers, body: '{"sender":"ben"}' })).status).toBe(403);
    await tells('barn', 'Refused: no role of its sender lets it send there.');
  });

  test('as it has used up its quota', async () => {
    const ben = await mqtt('ben', { username: 'ben', password: TOKENS.ben });
    await ben.publishAsync('ben/big', Buffer.alloc(3000));
    expect(await tells('ben/big', 'Refused: it may send 2000 bytes in 24 hours (auth.quotas).')).toMatchObject({
      ...{ reason: 'quota', size: 3000 },
    });
  });
});

describe('one of its recipients does not get it', () => {
  test('as it may not hear this channel', async () => {
    await mqtt('ben', { username: 'ben', password: TOKENS.ben }, 'news/#');
    const knob = await oocsi('knob');
    knob.send('sendraw news/secret {}');
    await tells('news/secret', /^Nobody subscribes/);
    const anna = await mqtt('anna', {}, 'news/secret');
    await anna.publishAsync('news/secret', 'x');
    await tells('news/secret', 'Delivered to anna. ben subscribes, but may not hear this channel.');
  });

  test('as it takes no packet of that size', async () => {
    await mqtt('small', { protocolVersion: 5, properties: { maximumPacketSize: 200 } }, 'pictures');
    const camera = await mqtt('camera', {});
    await camera.publishAsync('pictures', Buffer.alloc(1000), { qos: 1 });
    await tells('pictures', 'small did not get it: the message is too large for it.');
    const knob = await oocsi('knob');
    knob.send(`sendraw pictures {"x":"${'x'.repeat(1000)}"}`);
    await tells('pictures', 'small did not get it: the message is too large for it.');
  });

  test('as its functional channel leaves it out', async () => {
    await oocsi('warm', 'weather[filter(t > 20)]');
    const sensor = await oocsi('sensor2');
    sensor.send('sendraw weather {"t":10}');
    await tells('weather', 'warm did not get it: the filter of its functional channel left it out.');
    sensor.send('sendraw weather {"t":30}');
    await tells('weather', 'Delivered to warm.');
  });

  test('as its connection is not one that reads what is sent to it', async () => {
    await mqtt('deaf', {});
    const knob = await oocsi('knob');
    knob.send('sendraw deaf {}');
    await tells('deaf', 'deaf is connected by MQTT, but reads neither $direct/deaf/# nor a topic with its name.');
  });
});

describe('it waits', () => {
  const KEPT: readonly [string, IClientOptions][] = [
    ['MQTT 3.1.1', { protocolVersion: 4, clean: false }],
    ['MQTT 5', { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3600 } }],
  ];
  test.each(KEPT)('for a client of %s that is away, if it is of QoS 1', async (version, options) => {
    const channel = `night/${version}`;
    const sleeper = await mqtt(`sleeper ${version}`, options, channel);
    await sleeper.endAsync();
    const sensor = await mqtt('sensor', {});
    await sensor.publishAsync(channel, 'x', { qos: 1 });
    expect(await tells(channel, `Waits for sleeper ${version}, who is away, and will get it later.`)).toMatchObject({
      ...{ delivered: 1, isFailed: false, outcomes: { waiting: 1 } },
    });
    await sensor.publishAsync(channel, 'x', { qos: 0 });
    await tells(channel, `sleeper ${version} is away, and its session keeps only messages of QoS 1 and 2.`);
  });
});

test('it follows earlier ones that are not acknowledged', async () => {
  // It takes one at a time, and never says that it has it.
  const slow = await mqtt('slow-reader', { protocolVersion: 5, properties: { receiveMaximum: 1 } }, 'queue');
  slow.handleMessage = () => {};
  const sensor = await mqtt('sensor', {});
  for (let count = 0; count < 2; count++) await sensor.publishAsync('queue', 'x', { qos: 1 });
  await tells('queue', 'Queued for slow-reader: earlier messages have to be acknowledged first.');
});

describe('messages between clients of MQTT alone', () => {
  test.each(CORES)('are told, sent by %s', async (_, options) => {
    await mqtt('one', { protocolVersion: 4 }, 'between');
    await mqtt('two', { protocolVersion: 5 }, 'between');
    const sender = await mqtt('three', options);
    for (const qos of [0, 1, 2] as const) await sender.publishAsync('between', 'x', { qos });
    await expect
      .poll(async () => (await told('three')).map(({ sentence }) => sentence), SOON)
      .toEqual(expect.arrayContaining(['Delivered to one and two.']));
    expect((await told('three')).slice(-3).every(({ delivered }) => delivered === 2)).toBe(true);
  });
});

describe('the command', () => {
  test('follows, and says what there is for people and for programs', async () => {
    const knob = await oocsi('knob');
    await oocsi('lamp', 'salon');
    knob.send('sendraw salon {}');
    await tells('salon', 'Delivered to lamp.');
    const shell = new TestShell();
    const running = shell.run('trace', 'salon', '--follow', '--data-dir', dataDir);
    await shell.lines(1);
    knob.send('sendraw salon {"again":1}');
    const lines = await shell.lines(2);
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}knob -> salon {2}Delivered to lamp\.$/);
    shell.interrupt();
    expect(await running).toBe(0);
  });

  test('says that there was nothing', async () => {
    const { code, out, err } = await command('trace', 'no/such');
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toMatch(
      /^crosscomm: No message was sent to no\/such or by it since \d\d:\d\d:\d\d\.\d{3}, as far as the gateway knows\.\n/,
    );
    expect((await command('trace', '--limit', '0')).err).toContain('[CALL_INVALID]');
  });
});

test('a page that is open is told at once, if it may operate', async () => {
  const at = `http://127.0.0.1:${doors.http.port}/api/v1/events?show=trace&channel=parlour`;
  const reader = await EventReader.open(at, { authorization: `Bearer ${TOKENS.boss}` });
  ends.push(() => reader.close());
  const knob = await oocsi('knob');
  knob.send('sendraw elsewhere {}');
  knob.send('sendraw parlour {}');
  const { messages } = await reader.next<{ messages: TraceView[] }>('trace');
  expect(messages).toMatchObject([{ from: 'knob', to: 'parlour', sentence: 'Nobody subscribes to parlour.' }]);
  await expect(EventReader.open(at, { authorization: `Bearer ${TOKENS.ben}` })).rejects.toThrow('403');
});

test('only operators are told', async () => {
  const ask = async (token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${doors.http.port}/api/v1/trace?about=x`, { headers })).status;
  };
  expect([await ask(), await ask(TOKENS.ben), await ask(TOKENS.boss)]).toEqual([403, 403, 200]);
  const headers = { authorization: `Bearer ${TOKENS.boss}` };
  const wrong = await fetch(`http://127.0.0.1:${doors.http.port}/api/v1/trace?limit=many`, { headers });
  expect(wrong.status).toBe(400);
});

/** More is sent than a client that reads nothing has room for; what of it is written down leaves none for others: it comes last. */
async function tellsThatFull(id: string, channel: string): Promise<void> {
  const flooder = await oocsi(`floods-${id}`);
  const line = `sendraw ${channel} {"x":"${'x'.repeat(50_000)}"}`;
  for (let count = 0; count < 400; count++) flooder.send(line);
  const sentences = async (): Promise<string[]> => {
    flooder.send(line); // Of so many in one second not all are written down: one of these is, a second later at most.
    return (await told(id)).map(({ sentence }) => sentence);
  };
  await expect.poll(sentences, SOON).toContain(`${id} did not get it: it reads too slowly, and its queue is full.`);
}

test('a recipient does not get it as it reads too slowly, by OOCSI', async () => {
  (await oocsi('slow', 'flood-1')).socket.pause();
  await tellsThatFull('slow', 'flood-1');
});

test.each(CORES)('a recipient does not get it as it reads too slowly, by %s', async (_, options) => {
  const id = `slow-${options.protocolVersion}`;
  (await mqtt(id, options, 'flood-2')).stream.pause();
  await tellsThatFull(id, 'flood-2');
});
