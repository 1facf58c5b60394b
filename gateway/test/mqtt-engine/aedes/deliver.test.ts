import { describe, expect, it } from 'vitest';
import type { CoreClient, CorePacket } from '../../../src/mqtt-engine/aedes/private.ts';
import { type BareBroker, type BareClient, startBare, turns, until } from './support.ts';

const on = { cmd: 'publish' as const, topic: 'x', payload: Buffer.from('on'), retain: false };

/** A client with a session that subscribes to `x`; what is forwarded to it is what `forward` makes of it. */
async function subscribed(
  forward: (client: CoreClient, packet: CorePacket) => CorePacket | null,
): Promise<{ test: BareBroker; client: BareClient }> {
  const test = await startBare({ authorizeForward: forward });
  const client = await test.connect({ clean: false });
  await client.subscribe('x', 2);
  test.asked.length = 0;
  return { test, client };
}

describe('aedes, where it delivers,', () => {
  it('gives each client a packet of its own; else Questions.authorizeForward changes that of others', async () => {
    const forwarded: CorePacket[] = [];
    const { connect, broker } = await startBare({
      authorizeForward(_client, packet) {
        packet.topic = `${packet.topic}!`;
        forwarded.push(packet);
        return packet;
      },
    });
    for (const clientId of ['a', 'b']) await (await connect({ clientId })).subscribe('x', 1);
    broker.publish({ ...on, qos: 1 }, null, () => {});
    await until(() => forwarded.length === 2);
    expect(forwarded.map(({ topic }) => topic)).toEqual(['x!', 'x!']);
  });

  it('sends what authorizeForward has lowered, at that QoS; else clients get more than they asked for', async () => {
    const { test, client } = await subscribed((_client, packet) => Object.assign(packet, { qos: 1 as const }));
    test.broker.publish({ ...on, qos: 2 }, null, () => {});
    expect(await client.got('publish')).toMatchObject({ qos: 1 });
  });

  it('keeps the messageId that authorizeForward gives, and asks nothing of the queue for what is marked as retained; else AedesPersistence.number gives ids in vain', async () => {
    const { test, client } = await subscribed((_client, packet) =>
      Object.assign(packet, { messageId: 77, retain: true }),
    );
    test.broker.publish({ ...on, qos: 1 }, null, () => {});
    expect(await client.got('publish')).toMatchObject({ messageId: 77, retain: true });
    expect(test.asked.map(({ name }) => name)).not.toContain('outgoingUpdate');
  });

  it('asks outgoingUpdate right before it sends, and sends the packet as that leaves it; else what is sent again is not marked so', async () => {
    const { test, client } = await subscribed((_client, packet) => packet);
    const update = test.persistence.outgoingUpdate.bind(test.persistence);
    test.persistence.outgoingUpdate = async (given, packet) => {
      await update(given, packet);
      packet.dup = true;
    };
    test.broker.publish({ ...on, qos: 1 }, null, () => {});
    expect(await client.got('publish')).toMatchObject({ dup: true });
  });

  it('takes what is refused to a session out of its queue, with no messageId; else AedesPersistence.outgoingClearMessageId clears another', async () => {
    const { test } = await subscribed(() => null);
    test.broker.publish({ ...on, qos: 1 }, null, () => {});
    await until(() => test.asked.some(({ name }) => name === 'outgoingClearMessageId'));
    const { given } = test.asked.find(({ name }) => name === 'outgoingClearMessageId') as { given: unknown[] };
    expect(given[1]).toMatchObject({ messageId: undefined });
  });

  it('never takes for a duplicate what has no brokerId; else Listener.#sendRetained loses messages', async () => {
    const { client } = await subscribed((_client, packet) => packet);
    client.core.duplicates = new Proxy({}, { get: () => Number.POSITIVE_INFINITY });
    let isDone = false;
    client.core.deliverQoS({ ...on, qos: 0, brokerId: undefined, retain: true }, () => {
      isDone = true;
    });
    expect(await client.got('publish')).toMatchObject({ retain: true });
    await until(() => isDone);
  });

  it('calls back from deliverQoS when the client has it, and when it is gone; else Listener.#sendRetained stops half-way', async () => {
    const { client } = await subscribed((_client, packet) => packet);
    let isDone = false;
    client.core.close();
    client.core.deliverQoS({ ...on, qos: 1, retain: true }, () => {
      isDone = true;
    });
    await until(() => isDone);
    expect(isDone).toBe(true);
  });

  it('waits for drain where write says false, and for nobody else; else MqttStream cannot slow anyone down', async () => {
    const { client } = await subscribed((_client, packet) => packet);
    const write = client.near.write.bind(client.near) as (chunk: Buffer) => boolean;
    Object.assign(client.near, { write: (chunk: Buffer) => write(chunk) && false });
    let isDone = false;
    client.core.publish({ ...on, qos: 0 }, () => {
      isDone = true;
    });
    await client.got('publish');
    await turns();
    expect(isDone).toBe(false);
    client.near.emit('drain');
    await until(() => isDone);
  });

  it('queues by outgoingEnqueue what client.publish is given for a session, at QoS 1 and 2; else direct messages are not kept', async () => {
    const { test, client } = await subscribed((_client, packet) => packet);
    client.core.publish({ ...on, qos: 1 }, () => {});
    await client.got('publish');
    expect(test.asked[0]).toMatchObject({
      name: 'outgoingEnqueue',
      given: [{ clientId: 'a' }, { topic: 'x', qos: 1 }],
    });
  });
});

describe('aedes, where a session comes back,', () => {
  it('reads its queue one by one, each asked for by outgoingUpdate and authorizeForward, then sent; else AedesPersistence.#catchUp is not asked as fast as the client reads', async () => {
    const forwarded: unknown[] = [];
    const { persistence, asked, connect, broker } = await startBare({
      authorizeForward(_client, packet) {
        forwarded.push(packet.messageId);
        return packet;
      },
    });
    const before = await connect({ clean: false });
    await before.subscribe('x', 1);
    before.core.close();
    await turns();
    for (const body of ['1', '2']) {
      await persistence.outgoingEnqueue(
        { clientId: 'a' },
        { ...on, payload: Buffer.from(body), qos: 1, brokerId: broker.id, brokerCounter: 1e6 + Number(body) },
      );
    }
    asked.length = 0;
    const client = await connect({ clean: false });
    const bodies = [await client.got('publish'), await client.got('publish')].map(({ payload }) => String(payload));
    expect(bodies).toEqual(['1', '2']);
    expect(asked.filter(({ name }) => /^outgoing/.test(name)).map(({ name }) => name)).toEqual([
      'outgoingStream',
      'outgoingUpdate',
      'outgoingUpdate',
    ]);
    // Else authorizeForward cannot tell what comes from the disk from what is new.
    expect(forwarded.every((messageId) => typeof messageId === 'number')).toBe(true);
  });

  it('takes out of its queue by outgoingClearMessageId, with its messageId, what authorizeForward refuses; else what a rule forbids now stays there', async () => {
    const { persistence, connect, broker } = await startBare({
      authorizeForward: (_client, packet) => (packet.topic === 'x' ? null : packet),
    });
    const before = await connect({ clean: false });
    await before.subscribe('x', 1);
    before.core.close();
    await turns();
    for (const [number, topic] of ['x', 'y'].entries()) {
      const packet = { ...on, topic, qos: 1, brokerId: broker.id, brokerCounter: 1e6 + number } as const;
      await persistence.outgoingEnqueue({ clientId: 'a' }, packet);
    }
    const client = await connect({ clean: false });
    expect(await client.got('publish')).toMatchObject({ topic: 'y' });
    await turns();
    const left: string[] = [];
    for await (const { topic } of persistence.outgoingStream({ id: 'a' })) left.push(topic);
    expect(left).toEqual(['y']);
  });

  it('takes out of the queue what PUBACK names, and updates it at PUBREC; else queues never end', async () => {
    const { test, client } = await subscribed((_client, packet) => packet);
    for (const qos of [1, 2] as const) {
      await test.persistence.outgoingEnqueue(
        { clientId: 'a' },
        { ...on, qos, brokerId: test.broker.id, brokerCounter: 1e6 + qos },
      );
      test.broker.publish({ ...on, qos, brokerId: test.broker.id, brokerCounter: 1e6 + qos }, null, () => {});
    }
    const [first, second] = [await client.got('publish'), await client.got('publish')];
    test.asked.length = 0;
    client.send({ cmd: 'puback', messageId: first.messageId as number });
    client.send({ cmd: 'pubrec', messageId: second.messageId as number });
    await client.got('pubrel');
    client.send({ cmd: 'pubcomp', messageId: second.messageId as number });
    await until(() => test.asked.length === 3);
    expect(test.asked.map(({ name }) => name)).toEqual([
      'outgoingClearMessageId',
      'outgoingUpdate',
      'outgoingClearMessageId',
    ]);
    expect(test.asked[1]?.given[1]).toMatchObject({ cmd: 'pubrel' });
  });
});
