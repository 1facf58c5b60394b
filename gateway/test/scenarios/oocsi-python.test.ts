import { CrossCommService } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

/** Python takes a second to start; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;
const gateway = new GatewayProcess();
const programs: Program[] = [];
const mqttClients: MqttClient[] = [];

async function connectOocsi(handle: string): Promise<Program> {
  const program = startPython(handle, 'oocsi_agent.py');
  programs.push(program);
  program.command({ do: 'connect', handle, ...gateway.ready.oocsi });
  await program.take('connected', { handle }, LIMIT_MS);
  return program;
}

async function connectMqtt(clientId: string): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId });
  mqttClients.push(client);
  return client;
}

/** Waits until the gateway has carried out everything `program` said before: its own name answers it. */
async function settle(program: Program, handle: string): Promise<void> {
  program.command({ do: 'send', channel: handle, data: { settled: handle } });
  await program.take('message', { data: { settled: handle } });
}

describe('the unmodified oocsi package', { timeout: 2 * LIMIT_MS }, () => {
  beforeAll(() => gateway.start());
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.stop()));
    await Promise.all(mqttClients.splice(0).map((client) => client.endAsync(true)));
  });
  afterAll(() => gateway.dispose());

  test('sends to a channel and to a client by its name', async () => {
    const alice = await connectOocsi('alice');
    const bob = await connectOocsi('bob');
    bob.command({ do: 'subscribe', channel: 'greetings' });
    await settle(bob, 'bob');
    alice.command({ do: 'send', channel: 'greetings', data: { hello: 'wörld', n: 1 } });
    alice.command({ do: 'send', channel: 'bob', data: { only: 'you' } });
    await bob.take('message', { sender: 'alice', recipient: 'greetings', data: { hello: 'wörld', n: 1 } });
    await bob.take('message', { sender: 'alice', recipient: 'bob', data: { only: 'you' } });
    await settle(alice, 'alice');
    expect(alice.events.kept.filter(({ event }) => event === 'message')).toEqual([]);
  });

  test('shares a variable', async () => {
    const alice = await connectOocsi('alice');
    const bob = await connectOocsi('bob');
    alice.command({ do: 'variable', channel: 'room', key: 'light' });
    bob.command({ do: 'variable', channel: 'room', key: 'light' });
    bob.command({ do: 'subscribe', channel: 'room' });
    await settle(bob, 'bob');
    alice.command({ do: 'set_variable', key: 'light', value: 42 });
    await bob.take('message', { recipient: 'room', data: { light: 42 } });
    // The program hands a message to who subscribes and to its variables, one after the other.
    const value = async (): Promise<unknown> => {
      bob.command({ do: 'get_variable', key: 'light' });
      return (await bob.take('variable', { key: 'light' })).value;
    };
    await expect.poll(value).toBe(42);
  });

  test('calls a service of another oocsi program and waits for its answer', async () => {
    const service = await connectOocsi('service');
    const caller = await connectOocsi('caller');
    service.command({ do: 'register', channel: 'arithmetic', name: 'addOne' });
    await settle(service, 'service');
    caller.command({ do: 'call', channel: 'arithmetic', name: 'addOne', data: { value: 41 }, timeout: 20 });
    expect(await caller.take('answer')).toMatchObject({ response: { value: 41, result: 42 } });
  });

  test('calls a service that is an MQTT client', async () => {
    const caller = await connectOocsi('caller');
    const service = await connectMqtt('mqtt-service');
    await service.subscribeAsync('arithmetic');
    service.on('message', (_topic, payload) => {
      const { value, _MESSAGE_ID } = JSON.parse(payload.toString()) as { value: number; _MESSAGE_ID: string };
      service.publish('$direct/caller', JSON.stringify({ result: value + 1, _MESSAGE_ID }));
    });
    caller.command({ do: 'call', channel: 'arithmetic', name: 'addOne', data: { value: 1 }, timeout: 20 });
    expect(await caller.take('answer')).toMatchObject({ response: { result: 2 } });
  });

  test('hears what was said before it came, as a Node program, an MQTT client and whoever reads by HTTP do', async () => {
    const url = `http://127.0.0.1:${gateway.ready.http.port}`;
    const listed = async (): Promise<string[]> => {
      const answer = await fetch(`${url}/api/v1/channels/past/history?limit=2`);
      return ((await answer.json()) as { messages: { body: string }[] }).messages.map(({ body }) => body);
    };
    expect(await listed()).toEqual([]);
    const alice = await connectOocsi('alice');
    for (const n of [1, 2, 3]) alice.command({ do: 'send', channel: 'past', data: { n } });
    await settle(alice, 'alice');
    expect(await listed()).toEqual(['{"n": 2}', '{"n": 3}']);
    const late = await connectOocsi('late');
    late.command({ do: 'subscribe', channel: 'past[replay(2)]' });
    for (const n of [2, 3]) await late.take('message', { recipient: 'past[replay(2)]', data: { n } });
    const heard: string[] = [];
    const mqtt = await connectMqtt('mqtt-late');
    mqtt.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await mqtt.subscribeAsync('past[since("1h")]', { qos: 1 });
    const node = new CrossCommService({ url: `ws://127.0.0.1:${gateway.ready.http.port}`, clientId: 'node-late' });
    const seen: unknown[] = [];
    await node.login();
    await node.subscribe('past[replay(1)]', (data) => {
      seen.push(data);
    });
    const stream = await fetch(`${url}/subscribe/past%5Breplay(1)%5D`);
    alice.command({ do: 'send', channel: 'past', data: { n: 4 } });
    await late.take('message', { recipient: 'past[replay(2)]', data: { n: 4 } });
    await expect.poll(() => heard).toEqual([1, 2, 3, 4].map((n) => `past {"n": ${n}}`));
    await expect.poll(() => seen).toEqual([{ n: 3 }, { n: 4 }]);
    let text = '';
    for await (const chunk of stream.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(chunk);
      if (text.includes('4}')) break;
    }
    expect(text.match(/"n": ?\d/g)?.map((each) => each.at(-1))).toEqual(['3', '4']);
    await node.logout();
  });

  test('is told when its name is taken by a client of another protocol', async () => {
    await connectMqtt('taken');
    const program = startPython('taken', 'oocsi_agent.py');
    programs.push(program);
    program.command({ do: 'connect', handle: 'taken', ...gateway.ready.oocsi });
    const refusal = await program.events.take(
      'refusal',
      ({ event, text }) => event === 'log' && String(text).startsWith('error (name already registered: taken)'),
      LIMIT_MS,
    );
    expect(refusal.event).toBe('log');
  });

  test('announces a device with heyOOCSI! and others find it', async () => {
    const device = await connectOocsi('device');
    const seeker = await connectOocsi('seeker');
    device.command({ do: 'say_hi', device: 'Thermometer', channel: 'temperatures' });
    await settle(device, 'device');
    seeker.command({ do: 'send', channel: 'heyOOCSIClient', data: { clientHandle: 'device' } });
    const { data } = await seeker.take('message', { sender: 'heyOOCSIClient' });
    expect(JSON.stringify(data)).toContain('temperatures');
  });
});
