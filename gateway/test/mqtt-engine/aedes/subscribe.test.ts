import { describe, expect, it } from 'vitest';
import type { CoreSubscription } from '../../../src/mqtt-engine/aedes/private.ts';
import { connectPacket } from '../support.ts';
import { startBare, turns, until } from './support.ts';

type Answered = { topic: string; qos: number };

const SUBSCRIPTIONS = [
  { topic: 'a', qos: 1 as const },
  { topic: 'b', qos: 0 as const },
];

describe('aedes, where a client subscribes,', () => {
  it('refuses with null, and answers with the QoS that was asked for whatever authorizeSubscribe makes of it; else ANY_QOS is told to clients', async () => {
    const heard: Answered[][] = [];
    const { connect } = await startBare(
      { authorizeSubscribe: (_client, asked, done) => done(null, asked.topic === 'b' ? null : { ...asked, qos: 2 }) },
      { events: { subscribe: (subscriptions) => heard.push(subscriptions.map(({ topic, qos }) => ({ topic, qos }))) } },
    );
    const client = await connect();
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: SUBSCRIPTIONS });
    expect((await client.got('suback')).granted).toEqual([1, 128]);
    await turns();
    // Else Listener.#subscribed sends what is retained at another QoS, or where nothing was granted.
    expect(heard).toEqual([
      [
        { topic: 'a', qos: 1 },
        { topic: 'b', qos: 128 },
      ],
    ]);
    expect(client.core.subscriptions.a?.qos).toBe(2);
    expect(Object.keys(client.core.subscriptions)).toEqual(['a']);
  });

  it('routes at once what authorizeSubscribe has granted; else the index knows of subscribers who get nothing', async () => {
    const { connect, broker } = await startBare({
      authorizeSubscribe(client, asked, done) {
        done(null, asked);
        expect(client.subscriptions[asked.topic]).toBeDefined();
        broker.publish(
          { cmd: 'publish', topic: 'a', payload: Buffer.from('on'), qos: 0, retain: false },
          null,
          () => {},
        );
      },
    });
    const client = await connect();
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0 }] });
    expect((await client.got('publish')).topic).toBe('a');
  });

  it('has no twins in its list, and puts it into the packet’s place; else keepTwins of the parser is needless', async () => {
    const { connect } = await startBare();
    const client = await connect();
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...SUBSCRIPTIONS, { topic: 'a', qos: 0 }] });
    expect((await client.got('suback')).granted).toHaveLength(2);
  });

  it('asks for what is retained by createRetainedStreamCombi alone; else Listener.#sendRetained sends it a second time', async () => {
    const { connect, asked } = await startBare();
    const client = await connect();
    await client.subscribe('a');
    expect(asked.filter(({ name }) => /etained/.test(name)).map(({ name }) => name)).toEqual([
      'createRetainedStreamCombi',
    ]);
  });

  it('asks again for what a session has that comes back, and stores none of it; else Questions.authorizeSubscribe need not be fit for that', async () => {
    const questions: CoreSubscription[] = [];
    const isIn: boolean[] = [];
    const { connect, asked } = await startBare({
      authorizeSubscribe({ connected }, subscription, done) {
        questions.push(subscription);
        isIn.push(connected);
        done(null, subscription);
      },
    });
    const client = await connect({ clean: false });
    await client.subscribe('a', 1);
    client.core.close();
    await turns();
    asked.length = 0;
    await connect({ clean: false });
    // Permissions.maySubscribe tells the two apart by it.
    expect(isIn).toEqual([true, false]);
    expect(questions.map(({ topic, qos }) => ({ topic, qos }))).toEqual([
      { topic: 'a', qos: 1 },
      { topic: 'a', qos: 1 },
    ]);
    expect(asked.some(({ name }) => name === 'addSubscriptions')).toBe(false);
  });

  it('takes off its persistence what an UNSUBSCRIBE names before it tells of it; else Listener.#unsubscribed comes too early', async () => {
    const test = await startBare({}, { events: { unsubscribe: () => test.asked.push({ name: 'told', given: [] }) } });
    const client = await test.connect({ clean: false });
    await client.subscribe('a', 1);
    test.asked.length = 0;
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] });
    await client.got('unsuback');
    await turns();
    expect(test.asked.map(({ name }) => name)).toEqual(['removeSubscriptions', 'told']);
  });

  it('tells of it also as a clean connection ends, when that is closed; else Listener.#unsubscribed need not look', async () => {
    const told: boolean[] = [];
    const { connect } = await startBare({}, { events: { unsubscribe: (_filters, { closed }) => told.push(closed) } });
    const client = await connect();
    await client.subscribe('a');
    client.core.close();
    await until(() => told.length > 0);
    expect(told).toEqual([true]);
  });

  it('marks a bridge’s filters with nl, sends it nothing of its own, and leaves it what is marked as retained; else bridges get all twice', async () => {
    const questions: CoreSubscription[] = [];
    const { connect, dial } = await startBare({
      authorizeSubscribe(_client, subscription, done) {
        questions.push(subscription);
        done(null, subscription);
      },
    });
    const bridge = dial();
    // Mosquitto says by the level 0x84 that it is a bridge.
    bridge.far.write(connectPacket('bridge', 0x84));
    await bridge.got('connack');
    await until(() => bridge.core.connected);
    await bridge.subscribe('a', 0);
    expect(questions).toMatchObject([{ topic: 'a', nl: true }]);
    const other = await connect();
    bridge.publish('a');
    await bridge.ping();
    other.send({ cmd: 'publish', topic: 'a', payload: 'other', qos: 0, dup: false, retain: true });
    expect(await bridge.got('publish')).toMatchObject({ payload: Buffer.from('other'), retain: true });
  });

  it('tells of each ping; else clients that only ping are not heard', async () => {
    const heard: string[] = [];
    const { connect } = await startBare({}, { events: { ping: (_packet, { id }) => heard.push(id) } });
    await (await connect()).ping();
    expect(heard).toEqual(['a']);
  });
});
