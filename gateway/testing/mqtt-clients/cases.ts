import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Agent, Client, Qos } from './agent.ts';
import type { Broker } from './brokers.ts';
import { MqttJsAgent } from './mqttjs.ts';

const ALL_QOS: readonly Qos[] = [0, 1, 2];

/** What a case has: a client of the library at MQTT 5, connected, and others to talk with. */
export class Stage {
  readonly client: Client;
  readonly #broker: Broker;
  readonly #prefix: string;
  readonly #agents = new Set<Agent>();
  #agent: Agent | undefined;
  #count = 0;

  /** `prefix` is unlike that of every other stage. */
  constructor(client: Client, broker: Broker, prefix: string) {
    this.client = client;
    this.#broker = broker;
    this.#prefix = prefix;
  }

  /** A topic of this stage alone. */
  topic(name: string): string {
    return `${this.#prefix}/${name}`;
  }

  /** The client of the library that all cases but those about connections share. */
  async agent(): Promise<Agent> {
    this.#agent ??= await this.join(this.client.start());
    return this.#agent;
  }

  /** Somebody else, by MQTT.js. */
  peer(version: 4 | 5): Promise<Agent> {
    return this.join(new MqttJsAgent(version));
  }

  async join(agent: Agent, how: Partial<Parameters<Agent['connect']>[0]> = {}): Promise<Agent> {
    this.#agents.add(agent);
    const { host, port, webSocketPort } = this.#broker;
    this.#count += 1;
    await agent.connect({ host, port, webSocketPort, id: `${this.#prefix}-${this.#count}`, ...how });
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.kill()));
  }
}

/** What every client of MQTT 5 must be able to do, by a sentence. */
export const CASES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'subscribes with QoS 0, 1 and 2, and gets what a client of MQTT 3.1.1 publishes'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(4);
    for (const qos of ALL_QOS) {
      const topic = stage.topic(`down ${qos}`);
      expect([qos, null]).toContain(await agent.subscribe(topic, qos));
      await peer.publish({ topic, payload: 'on é', qos: 2 });
      expect(await agent.message(topic)).toMatchObject({ payload: 'on é', qos, retain: false });
    }
  },

  async 'publishes with QoS 0, 1 and 2 to a client of MQTT 3.1.1'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(4);
    for (const qos of ALL_QOS) {
      const topic = stage.topic(`up ${qos}`);
      await peer.subscribe(topic, 2);
      await agent.publish({ topic, payload: 'on é', qos });
      expect(await peer.message(topic)).toMatchObject({ payload: 'on é', qos, retain: false });
    }
  },

  async 'sets a retained message, gets one, and removes it'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(5);
    const [mine, theirs] = [stage.topic('mine'), stage.topic('theirs')];
    await agent.publish({ topic: mine, payload: '21', qos: 1, retain: true });
    await peer.subscribe(mine, 1);
    expect(await peer.message(mine)).toMatchObject({ payload: '21', retain: true });
    await peer.publish({ topic: theirs, payload: '22', qos: 1, retain: true });
    await agent.subscribe(theirs, 1);
    expect(await agent.message(theirs)).toMatchObject({ payload: '22', retain: true });
    await agent.publish({ topic: mine, payload: '', qos: 1, retain: true });
    const late = await stage.peer(4);
    await late.subscribe(mine, 1);
    // Whatever were retained would come before this.
    await peer.publish({ topic: mine, payload: 'live', qos: 1 });
    expect(await late.message(mine)).toMatchObject({ payload: 'live', retain: false });
  },

  async 'has its will published when it dies, and when it says goodbye only if it asks for that'(stage) {
    const topic = stage.topic('will');
    const peer = await stage.peer(4);
    await peer.subscribe(topic, 2);
    const polite = await stage.join(stage.client.start(), { will: { topic, payload: 'polite', qos: 1 } });
    await polite.subscribe(stage.topic('rest'), 0);
    await polite.disconnect();
    const doomed = await stage.join(stage.client.start(), { will: { topic, payload: 'gone', qos: 1 } });
    await doomed.subscribe(stage.topic('rest'), 0);
    await doomed.kill();
    if (stage.client.asksForWill) expect(await peer.message(topic)).toMatchObject({ payload: 'polite', qos: 1 });
    expect(await peer.message(topic)).toMatchObject({ payload: 'gone', qos: 1, retain: false });
  },

  async 'sends 500 kB and gets them'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(4);
    const payload = randomBytes(250_000).toString('hex');
    const [up, down] = [stage.topic('large up'), stage.topic('large down')];
    await peer.subscribe(up, 1);
    await agent.publish({ topic: up, payload, qos: 1 });
    expect((await peer.message(up)).payload === payload).toBe(true);
    await agent.subscribe(down, 1);
    await peer.publish({ topic: down, payload, qos: 1 });
    expect((await agent.message(down)).payload === payload).toBe(true);
  },

  async 'shares a subscription with a client of MQTT 3.1.1, and each message comes to one of them'(stage) {
    const agent = await stage.agent();
    const colleague = await stage.peer(4);
    const peer = await stage.peer(4);
    const topic = stage.topic('work');
    const end = stage.topic('end of work');
    const got: Record<'agent' | 'colleague', string[]> = { agent: [], colleague: [] };
    for (const one of [agent, colleague]) {
      expect([1, null]).toContain(await one.subscribe(`$share/workers/${topic}`, 1));
      await one.subscribe(end, 1);
    }
    const work = Array.from({ length: 20 }, (_, index) => String(index));
    const reading = Object.entries({ agent, colleague }).map(async ([name, one]) => {
      const over = one.message(end).then(() => undefined);
      for (;;) {
        const message = await Promise.race([one.message(topic), over]);
        if (!message) return;
        got[name as 'agent' | 'colleague'].push(message.payload);
      }
    });
    for (const payload of work) await peer.publish({ topic, payload, qos: 1 });
    await expect.poll(() => got.agent.length + got.colleague.length).toBe(work.length);
    await peer.publish({ topic: end, payload: '', qos: 1 });
    await Promise.all(reading);
    expect(
      [...got.agent, ...got.colleague]
        .map(Number)
        .sort((a, b) => a - b)
        .map(String),
    ).toEqual(work);
    // In turn, or nearly so.
    for (const mine of [got.agent, got.colleague]) expect(mine.length).toBeGreaterThanOrEqual(5);
  },

  async 'asks with a response topic and correlation data, and gets the answer'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(5);
    const [question, answer] = [stage.topic('question'), stage.topic('answer')];
    await peer.subscribe(question, 1);
    await agent.subscribe(answer, 1);
    await agent.publish({ topic: question, payload: '6 * 7', qos: 1, responseTopic: answer, correlation: 'q1' });
    const asked = await peer.message(question);
    expect(asked).toMatchObject({ payload: '6 * 7', responseTopic: answer, correlation: 'q1' });
    await peer.publish({ topic: answer, payload: '42', qos: 1, correlation: 'q1' });
    expect(await agent.message(answer)).toMatchObject({ payload: '42', correlation: 'q1' });
  },

  async 'answers with the response topic and correlation data that it was asked with'(stage) {
    const agent = await stage.agent();
    const peer = await stage.peer(5);
    const [question, answer] = [stage.topic('ask'), stage.topic('reply')];
    await agent.subscribe(question, 1);
    await peer.subscribe(answer, 1);
    await peer.publish({ topic: question, payload: '6 * 7', qos: 1, responseTopic: answer, correlation: 'q2' });
    const { responseTopic, correlation } = await agent.message(question);
    expect({ responseTopic, correlation }).toEqual({ responseTopic: answer, correlation: 'q2' });
    await agent.publish({ topic: answer, payload: '42', qos: 1, correlation: 'q2' });
    expect(await peer.message(answer)).toMatchObject({ payload: '42', correlation: 'q2' });
  },
};

/**
 * Over one restart of the broker, for all clients at once: a client that is connected comes back by itself, and one that is away gets
 * what came meanwhile, both without subscribing again.
 */
export async function keepSessions(stages: readonly Stage[], broker: Broker): Promise<void> {
  const pairs = await Promise.all(
    stages.map(async (stage) => {
      const [staying, away] = [stage.client.start(), stage.client.start()];
      const how = (name: string) => ({ id: stage.topic(name).replace('/', '-'), persistent: true });
      for (const [agent, name] of [
        [staying, 'staying'],
        [away, 'away'],
      ] as const) {
        await stage.join(agent, how(name));
        await agent.subscribe(stage.topic(name), 2);
      }
      await away.disconnect();
      const peer = await stage.peer(4);
      for (const payload of ['before 1', 'before 2'])
        await peer.publish({ topic: stage.topic('away'), payload, qos: 2 });
      await peer.disconnect();
      return { stage, staying, away, how };
    }),
  );
  await broker.restart();
  await Promise.all(
    pairs.map(async ({ stage, staying, away, how }) => {
      const { name } = stage.client;
      expect([name, await staying.reconnected()]).not.toEqual([name, { sessionPresent: false }]);
      const peer = await stage.peer(5);
      for (const topic of [stage.topic('staying'), stage.topic('away')])
        await peer.publish({ topic, payload: 'after', qos: 2 });
      expect(await staying.message(stage.topic('staying'))).toMatchObject({ payload: 'after', qos: 2 });
      await stage.join(away, how('away'));
      const got = [];
      for (let count = 0; count < 3; count += 1) {
        const { payload, qos } = await away.message(stage.topic('away'));
        got.push([payload, qos]);
      }
      expect([name, got]).toEqual([
        name,
        [
          ['before 1', 2],
          ['before 2', 2],
          ['after', 2],
        ],
      ]);
    }),
  );
}
