import { CommMsgType } from '@crosscomm/client';
import { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestClient, TestGateway } from './support/gateway.ts';

const gateway = new TestGateway();
let node: TestClient;

beforeAll(async () => {
  await gateway.start();
  node = new TestClient({ clientId: 'node', ...gateway.http });
  await node.service.login();
});
afterAll(async () => {
  await node?.service.logout();
  await gateway.dispose();
});

describe('beside an unmodified oocsi program', () => {
  let python: Program;

  beforeAll(async () => {
    python = startPython('python', 'oocsi_agent.py');
    python.command({ do: 'connect', handle: 'python', ...gateway.oocsi });
    await python.take('connected', {}, 60_000);
  });
  afterAll(() => python?.stop());

  /** Waits until the gateway has carried out everything that the program said before. */
  async function settle(): Promise<void> {
    python.command({ do: 'send', channel: 'python', data: { settled: true } });
    await python.take('message', { data: { settled: true } });
  }

  test('messages go both ways', async () => {
    python.command({ do: 'subscribe', channel: 'lab' });
    await settle();
    await node.service.send('lab', { temperature: 21.5, n: 1 });
    await python.take('message', { sender: 'node', recipient: 'lab', data: { temperature: 21.5, n: 1 } });
    python.command({ do: 'send', channel: 'node', data: { led: 1 } });
    expect(await node.message({ led: 1 })).toMatchObject({ fromClientId: 'python', msgType: 'dict' });
  });

  test('callAndWait is answered by a function of the client', async () => {
    const end = await node.service.register('arithmetic', 'double', ({ value }, from) => ({ result: value * 2, from }));
    python.command({ do: 'call', channel: 'arithmetic', name: 'double', data: { value: 21 }, timeout: 10 });
    const { response } = await python.take('answer', {}, 20_000);
    expect(response).toMatchObject({ result: 42, from: 'python' });
    end();
  });

  test('the client calls a function of the program', async () => {
    python.command({ do: 'register', channel: 'arithmetic', name: 'addOne' });
    await settle();
    expect(await node.service.call('arithmetic', 'addOne', { value: 41 })).toMatchObject({ result: 42 });
  });

  test('a variable has the same value in both', async () => {
    const light = node.service.variable<number>('room', 'light');
    const changed = new Promise((resolve) => light.onChange((value) => resolve(value)));
    await node.service.subscribe('room', () => {});
    python.command({ do: 'variable', channel: 'room', key: 'light' });
    python.command({ do: 'subscribe', channel: 'room' });
    await settle();
    python.command({ do: 'set_variable', key: 'light', value: 7 });
    expect(await changed).toBe(7);
    await light.set(42);
    await python.take('message', { recipient: 'room', data: { light: 42 } });
    python.command({ do: 'get_variable', key: 'light' });
    expect(await python.take('variable')).toMatchObject({ value: 42 });
  });
});

describe('beside an unmodified pywayne client', () => {
  let python: Program;

  beforeAll(async () => {
    python = startPython('pywayne', 'pywayne_agent.py');
    await python.take('started', {}, 60_000);
    // It exchanges no files here.
    const files = { store: 'unused', downloads: 'unused' };
    python.command({ do: 'login', client_id: 'pywayne', ...gateway.http, ...files });
    await python.take('message', { type: 'login_response' });
  });
  afterAll(() => python?.stop());

  test.each([
    [CommMsgType.TEXT, 'grüß dich', 'grüß dich'],
    [CommMsgType.DICT, { a: [1, 2.5] }, { a: [1, 2.5] }],
    [CommMsgType.JSON, '[1, 2.0]', '[1,2.0]'],
    [CommMsgType.JSON, { a: 1 }, '{"a":1}'],
    [CommMsgType.BYTES, new Uint8Array([0, 255]), 'AP8='],
  ])('a %s message goes there', async (type, content, expected) => {
    expect(await node.service.sendMessage(content, type, 'pywayne')).toBe(true);
    expect(await python.take('message', { type })).toMatchObject({ sender: 'node', content: expected });
  });

  test('messages come from there, to the client and to all', async () => {
    python.command({ do: 'send', content: 'for you', type: 'text', to: 'node' });
    expect(await node.message('for you')).toMatchObject({ fromClientId: 'pywayne', toClientId: 'node' });
    python.command({ do: 'send', content: { for: 'all' }, type: 'dict' });
    expect(await node.message({ for: 'all' })).toMatchObject({ toClientId: 'all' });
    python.command({ do: 'send', content: '{"n": 1}', type: 'json', to: 'node' });
    expect(await node.message('{"n":1}')).toMatchObject({ msgType: 'json' });
  });

  test('each sees the other in its list', async () => {
    expect(await node.service.getOnlineClients()).toContain('pywayne');
    python.command({ do: 'list', only_show_online: true });
    const { list } = await python.take('clients');
    expect(list).toMatchObject({ clients: expect.arrayContaining([expect.objectContaining({ client_id: 'node' })]) });
  });
});

describe('beside MQTT programs', () => {
  let mqtt: MqttClient;

  beforeAll(async () => {
    mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, { clientId: 'mqtt' });
  });
  afterAll(() => mqtt?.endAsync(true));

  test('a channel is a topic, both ways, and retained messages come with the subscription', async () => {
    await mqtt.publishAsync('house/door', 'open', { retain: true, qos: 1 });
    const heard = new Promise((resolve) => {
      void node.service.subscribe('house/+', (data) => resolve(data));
    });
    expect(await heard).toBe('open');
    await mqtt.subscribeAsync('house/lamp');
    const payload = new Promise((resolve) => mqtt.on('message', (_, bytes) => resolve(String(bytes))));
    expect(await node.service.send('house/lamp', { led: 1 })).toMatchObject({ delivered: 1 });
    expect(await payload).toBe('{"led":1}');
  });

  test('mosquitto’s tools are heard and hear', async () => {
    await node.service.subscribe('tools', () => {});
    const server = ['-h', '127.0.0.1', '-p', String(gateway.mqttPort)];
    const line = { parse: (text: string) => ({ event: 'line', text }) };
    const published = new Program('mosquitto_pub', 'mosquitto_pub', [...server, '-t', 'tools', '-m', '{"n":2}'], line);
    await node.message({ n: 2 });
    await published.stop();
    const subscribed = new Program('mosquitto_sub', 'mosquitto_sub', [...server, '-t', 'tools/back', '-C', '1'], line);
    // Until it has subscribed, nobody gets it.
    for (let delivered: number | undefined = 0; delivered !== 1; ) {
      ({ delivered } = await node.service.send('tools/back', 'heard'));
    }
    await subscribed.take('line', { text: 'heard' });
    await subscribed.stop();
  });
});
