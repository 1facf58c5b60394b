import { describe, expect, it } from 'vitest';
import type { CoreSubscription } from '../../../src/mqtt-engine/aedes/private.ts';
import { startBare, turns, until } from './support.ts';

type Answered = { topic: string; qos: number };

const SUBSCRIPTIONS = [
  { topic: 'a', qos: 1 as const },
  { topic: 'b', qos: 0 as const },
];

describe('aedes, where a client subscribes,', () => {
  it('refuses with null, and answers with the QoS that was asked for whatever authorizeSubscribe makes of it; else clients are told another one', async () => {
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
  });

  it('has no twins in its list, and puts it into the packet’s place; else keepTwins of the parser is needless', async () => {
    const { connect } = await startBare();
    const client = await connect();
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [...SUBSCRIPTIONS, { topic: 'a', qos: 0 }] });
    expect((await client.got('suback')).granted).toHaveLength(2);
  });

  it('asks for what is retained by createRetainedStreamCombi alone; else RetainedFeed sends it a second time', async () => {
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

  it('takes off its persistence what an UNSUBSCRIBE names before it tells of it; else Listener comes too early', async () => {
    const test = await startBare({}, { events: { unsubscribe: () => test.asked.push({ name: 'told', given: [] }) } });
    const client = await test.connect({ clean: false });
    await client.subscribe('a', 1);
    test.asked.length = 0;
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] });
    await client.got('unsuback');
    await turns();
    expect(test.asked.map(({ name }) => name)).toEqual(['removeSubscriptions', 'told']);
  });

  it('tells of it also as a clean connection ends, when that is closed; else Listener need not look', async () => {
    const told: boolean[] = [];
    const { connect } = await startBare({}, { events: { unsubscribe: (_filters, { closed }) => told.push(closed) } });
    const client = await connect();
    await client.subscribe('a');
    client.core.close();
    await until(() => told.length > 0);
    expect(told).toEqual([true]);
  });

  it('tells of each ping; else clients that only ping are not heard', async () => {
    const heard: string[] = [];
    const { connect } = await startBare({}, { events: { ping: (_packet, { id }) => heard.push(id) } });
    await (await connect()).ping();
    expect(heard).toEqual(['a']);
  });
});
