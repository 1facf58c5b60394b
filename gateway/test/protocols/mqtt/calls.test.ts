import { MemorySession } from '@crosscomm/testing/test-hub';
import type { IClientPublishOptions, IPublishPacket } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { message, startBroker, type TestBroker, type TestClient } from '../../mqtt-engine/support.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker();
});
afterEach(async () => {
  await test.close();
});

interface Answer {
  topic: string;
  text: string;
  correlation: string | undefined;
  error: unknown;
}

/** Connects a client of MQTT 5. */
function come(id: string): Promise<TestClient> {
  return test.connect(id, { protocolVersion: 5 });
}

/** Calls a function, and resolves to what comes to the response topic. */
async function call(
  client: TestClient,
  topic: string,
  args: string,
  more: IClientPublishOptions = {},
): Promise<Answer> {
  const coming = new Promise<[string, Buffer, IPublishPacket]>((resolve) => {
    client.mqtt.once('message', (...given) => resolve(given));
  });
  await client.mqtt.publishAsync(topic, args, {
    qos: 1,
    ...more,
    properties: { responseTopic: 'answers/me', correlationData: Buffer.from('7'), ...more.properties },
  });
  const [at, payload, { properties }] = await coming;
  const error = properties?.userProperties?.error;
  return { topic: at, text: payload.toString(), correlation: properties?.correlationData?.toString(), error };
}

describe('a call of an MQTT 5 client', () => {
  it('is OOCSI’s to the client that it is for, whose answer comes to the response topic', async () => {
    const { hub } = test.house;
    const me = await come('me');
    await me.mqtt.subscribeAsync('answers/me');
    const thermometer = new MemorySession('thermometer');
    hub.join(thermometer);
    const answer = call(me, '$call/thermometer/toFahrenheit', '{"celsius": 21.50}');
    await expect.poll(() => thermometer.received).toHaveLength(1);
    const [asked] = thermometer.received;
    const fields = JSON.parse(asked?.text ?? '');
    expect([asked?.from, fields.celsius, fields._MESSAGE_HANDLE]).toEqual(['me', 21.5, 'toFahrenheit']);
    expect(asked?.text).toContain('21.50');
    const body = JSON.stringify({ fahrenheit: 70.7, _MESSAGE_ID: fields._MESSAGE_ID });
    hub.send(message({ from: 'thermometer', to: 'me', kind: 'dict', body }));
    expect(await answer).toEqual({
      ...{ topic: 'answers/me', text: '{"fahrenheit":70.7}', correlation: '7', error: undefined },
    });
  });

  it('finds the answer in its own inbox, below the name of whoever gave it, where that is its response topic', async () => {
    const me = await test.connect('me', { protocolVersion: 5, properties: { requestResponseInformation: true } });
    await me.mqtt.subscribeAsync('$direct/me/#');
    const answer = await call(me, '$call/nobody/x', '', { properties: { responseTopic: '$direct/me' } });
    expect(answer.topic).toBe('$direct/me/nobody');
  });

  it('is answered with nothing and the reason where nobody takes it, where nobody answers, and where that fails', async () => {
    const { hub, clock } = test.house;
    const me = await come('me');
    await me.mqtt.subscribeAsync('answers/me');
    expect(await call(me, '$call/nobody/x', '{}')).toMatchObject({ text: '', correlation: '7', error: 'no_responder' });
    const deaf = new MemorySession('deaf');
    hub.join(deaf);
    const silent = call(me, '$call/deaf/x', '{}');
    await expect.poll(() => deaf.received).toHaveLength(1);
    clock.advance(10_000);
    expect(await silent).toMatchObject({ text: '', error: 'timeout' });
    const impatient = call(me, '$call/deaf/x', '{}', { properties: { messageExpiryInterval: 2 } });
    await expect.poll(() => deaf.received).toHaveLength(2);
    clock.advance(2000);
    expect(await impatient).toMatchObject({ text: '', error: 'timeout' });
    const failed = call(me, '$call/deaf/x', '{}');
    await expect.poll(() => deaf.received).toHaveLength(3);
    const { _MESSAGE_ID } = JSON.parse(deaf.received[2]?.text ?? '');
    const body = JSON.stringify({ _MESSAGE_ID, _MESSAGE_ERROR: 5, _MESSAGE_TEXT: 'no sensor' });
    hub.send(message({ from: 'deaf', to: 'me', kind: 'dict', body }));
    expect(await failed).toMatchObject({ text: '', error: 'no sensor' });
  });

  it.each([
    ['something else than an object', '$call/lamp/x', '[1]', 0x99],
    ['a topic without a function', '$call/lamp', '{}', 0x90],
    ['a response topic that it may not publish to', '$call/lamp/x', '{}', 0x87],
  ])('with %s is refused', async (_, topic, args, code) => {
    const me = await come('me');
    const responseTopic = code === 0x87 ? '$SYS/x' : 'answers/me';
    const properties = { responseTopic };
    await expect(me.mqtt.publishAsync(topic, args, { qos: 1, properties })).rejects.toMatchObject({ code });
  });

  it('cannot be made with MQTT 3.1.1, which has no response topic', async () => {
    const old = await test.connect('old');
    const gone = new Promise<void>((resolve) => old.mqtt.once('close', () => resolve()));
    old.mqtt.publish('$call/lamp/x', '{}');
    await gone;
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_NOT_ALLOWED': 1 });
  });
});

describe('a responder that speaks MQTT 5', () => {
  async function responder(id: string, answer: (args: unknown) => string, error?: string): Promise<TestClient> {
    const client = await come(id);
    await client.mqtt.subscribeAsync(`$call/${id}/+`, { qos: 1 });
    client.mqtt.on('message', (_topic, payload, { properties }) => {
      const { responseTopic = '', correlationData } = properties ?? {};
      const userProperties = error === undefined ? undefined : { error };
      client.mqtt.publish(responseTopic, answer(JSON.parse(payload.toString())), {
        qos: 1,
        properties: { ...(correlationData && { correlationData }), ...(userProperties && { userProperties }) },
      });
    });
    return client;
  }

  it('answers clients of other protocols, which call it as any other', async () => {
    const { hub } = test.house;
    await responder('mixer', (args) => JSON.stringify({ got: args }));
    const python = new MemorySession('python');
    hub.join(python);
    const body = JSON.stringify({ a: 1, _MESSAGE_HANDLE: 'add', _MESSAGE_ID: 'x1' });
    expect(hub.send(message({ from: 'python', to: 'mixer', kind: 'dict', body })).delivered).toBe(1);
    await expect.poll(() => python.received).toHaveLength(1);
    expect(python.received[0]).toMatchObject({ from: 'mixer', to: 'python' });
    expect(JSON.parse(python.received[0]?.text ?? '')).toEqual({ got: { a: 1 }, _MESSAGE_ID: 'x1' });
  });

  it('answers each of two callers that have chosen the same number for their calls', async () => {
    const { hub } = test.house;
    const mixer = await come('mixer');
    await mixer.mqtt.subscribeAsync('$call/mixer/+', { qos: 1 });
    const asked: { caller: unknown; properties: NonNullable<IPublishPacket['properties']> }[] = [];
    mixer.mqtt.on('message', (_topic, payload, { properties = {} }) => {
      asked.push({ caller: JSON.parse(payload.toString()).caller, properties });
    });
    const [anna, mallory] = [new MemorySession('anna'), new MemorySession('mallory')];
    for (const caller of [anna, mallory]) {
      hub.join(caller);
      const body = JSON.stringify({ caller: caller.id, _MESSAGE_HANDLE: 'add', _MESSAGE_ID: '1' });
      hub.send(message({ from: caller.id, to: 'mixer', kind: 'dict', body }));
    }
    await expect.poll(() => asked).toHaveLength(2);
    for (const { caller, properties } of asked) {
      const { responseTopic = '', correlationData } = properties;
      const answer = { properties: { ...(correlationData && { correlationData }) }, qos: 1 as const };
      await mixer.mqtt.publishAsync(responseTopic, JSON.stringify({ for: caller }), answer);
    }
    const answered = [anna, mallory].map(({ received }) => received.map(({ text }) => JSON.parse(text)));
    expect(answered).toEqual([[{ for: 'anna', _MESSAGE_ID: '1' }], [{ for: 'mallory', _MESSAGE_ID: '1' }]]);
  });

  it('answers others that speak MQTT 5, and says why where it cannot', async () => {
    await responder('mixer', () => '42');
    await responder('broken', () => '', 'no power');
    const me = await come('me');
    await me.mqtt.subscribeAsync('answers/me');
    expect(await call(me, '$call/mixer/add', '{"a":1}')).toMatchObject({ text: '{"data":42}', error: undefined });
    expect(await call(me, '$call/broken/add', '{}')).toMatchObject({ text: '', error: 'no power' });
  });

  it('cannot answer what it was not asked', async () => {
    const liar = await come('liar');
    const properties = { correlationData: Buffer.from('x1') };
    await expect(liar.mqtt.publishAsync('$answer/python', '{}', { qos: 1, properties })).rejects.toMatchObject({
      code: 0x87,
    });
  });

  it('that goes before it answers leaves its callers with the reason', async () => {
    const mute = await come('mute');
    await mute.mqtt.subscribeAsync('$call/mute/x');
    const me = await come('me');
    await me.mqtt.subscribeAsync('answers/me');
    const answer = call(me, '$call/mute/x', '{}');
    await mute.got(1);
    mute.mqtt.end(true);
    expect(await answer).toMatchObject({ text: '', error: 'offline' });
  });
});
