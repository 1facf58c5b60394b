import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rooms, SOON } from './rooms.ts';

// Calls cross with their answers, by OOCSI, frames and MQTT 5, each way.

let rooms: Rooms;
const agents: Program[] = [];
beforeAll(async () => {
  rooms = await Rooms.open();
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await rooms.close();
});

async function python(name: 'attic' | 'hall' | 'kitchen', handle: string): Promise<Program> {
  const agent = startPython(handle, 'oocsi_agent.py');
  agents.push(agent);
  await agent.take('started');
  agent.command({ do: 'connect', handle, host: '127.0.0.1', port: rooms.at(name).listeners.oocsi.port });
  await agent.take('connected');
  return agent;
}

test('a device of frames in one room switches a lamp of a Python program in another, and is told so', async () => {
  const lamp = await python('kitchen', 'lamp');
  const device = await rooms.frames('attic', 'switch');
  await device.take('welcome');
  await rooms.settled('lamp', 'kitchen');
  await rooms.settled('switch', 'attic');
  device.say({ type: 'message', to: 'lamp', value: new Map([['on', 1]]) });
  expect(await lamp.take('message')).toMatchObject({ sender: 'switch', recipient: 'lamp', data: { on: 1 } });
  lamp.command({ do: 'send', channel: 'switch', data: { is: 'on' } });
  const heard = await device.take('sequenced');
  expect(heard.frame).toMatchObject({ type: 'message', from: 'lamp', value: new Map([['is', 'on']]) });
});

test('callAndWait of a Python program crosses, to another Python program and to a device of frames', async () => {
  const asker = await python('hall', 'asker');
  const responder = await python('kitchen', 'responder');
  responder.command({ do: 'register', channel: 'responder', name: 'addOne' });
  // It does one thing after the other.
  responder.command({ do: 'send', channel: 'responder', data: { registered: true } });
  await responder.take('message', { data: { registered: true } });
  const device = await rooms.frames('attic', 'answerer');
  await device.take('welcome');
  await rooms.settled('responder', 'kitchen');
  await rooms.settled('answerer', 'attic');
  await rooms.settled('asker', 'hall');
  asker.command({ do: 'call', channel: 'responder', name: 'addOne', data: { value: 41 }, timeout: 10 });
  expect(await asker.take('answer')).toMatchObject({ response: { result: 42 } });
  asker.command({ do: 'call', channel: 'answerer', name: 'light', data: { level: 3 }, timeout: 10 });
  const { seq, frame } = await device.take('sequenced');
  if (frame?.type !== 'call') throw new Error('no call');
  expect(frame).toMatchObject({ function: 'light', from: 'asker', args: new Map([['level', 3]]) });
  device.say({ type: 'ack', seq }, { type: 'reply', callId: frame.callId, value: new Map([['level', 4]]), code: 0 });
  expect(await asker.take('answer')).toMatchObject({ response: { level: 4 } });
});

test('calls by MQTT 5, by frames and by HTTP cross', async () => {
  const { client, heard } = await rooms.mqtt('hall', 'mqtt-asker');
  const served = await rooms.mqtt('kitchen', 'mqtt-served', ['$call/mqtt-served/double']);
  served.client.on('message', (_topic, payload, { properties }) => {
    const { n } = JSON.parse(String(payload)) as { n: number };
    const { responseTopic = '', correlationData } = properties ?? {};
    served.client.publish(responseTopic, JSON.stringify({ n: 2 * n }), { properties: { correlationData } as object });
  });
  const device = await rooms.frames('attic', 'frames-asker');
  await device.take('welcome');
  await rooms.settled('mqtt-served', 'kitchen');
  await rooms.settled('mqtt-asker', 'hall');
  await rooms.settled('frames-asker', 'attic');
  await client.subscribeAsync('$direct/mqtt-asker/+');
  await client.publishAsync('$call/mqtt-served/double', '{"n":4}', {
    properties: { responseTopic: '$direct/mqtt-asker', correlationData: Buffer.from('7') },
  });
  await expect.poll(() => heard, SOON).toEqual(['$direct/mqtt-asker/mqtt-served {"n":8}']);
  device.say({ type: 'call', callId: 3, to: 'mqtt-served', function: 'double', args: new Map([['n', 5]]) });
  expect(await device.take('sequenced')).toMatchObject({
    frame: { type: 'reply', callId: 3, value: new Map([['n', 10]]) },
  });
  const answer = await fetch(`${rooms.at('attic').url}/mqtt-served/double`, { method: 'POST', body: '{"n":6}' });
  expect(await answer.json()).toEqual({ n: 12 });
});
