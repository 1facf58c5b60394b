import { describe, expect, it } from 'vitest';
import type { CorePacket } from '../../../src/mqtt-engine/aedes/private.ts';
import { type BareBroker, startBare, turns, until } from './support.ts';

/** Has what is published called, and aedes go on when `publish` says so. */
function seePublish({ broker }: BareBroker, see: (packet: CorePacket, goOn: () => void) => void): void {
  const original = broker.publish.bind(broker);
  broker.publish = (packet, from, done) => {
    const goOn = (): void => original(packet, from, done);
    if (typeof from === 'function' || from === null) goOn();
    else see(packet, goOn);
  };
}

describe('aedes, where a client publishes,', () => {
  it('hands to publish the very packet that authorizePublish saw; else what was published before its PUBACK is published again', async () => {
    const authorized: object[] = [];
    const published: object[] = [];
    const test = await startBare({
      authorizePublish(_client, packet, done) {
        authorized.push(packet);
        packet.isPublished = true;
        done(null);
      },
    });
    seePublish(test, (packet, goOn) => {
      published.push(packet);
      expect(packet.isPublished).toBe(true);
      goOn();
    });
    const client = await test.connect();
    for (const qos of [0, 1, 2] as const) {
      client.publish('x', qos);
      await until(() => published.length === qos + 1);
    }
    for (const [index, packet] of published.entries()) expect(packet).toBe(authorized[index]);
  });

  it('acknowledges what publish lets fall, at each QoS, and reads on; else Publishing.publish cannot drop what a rule forbids', async () => {
    const test = await startBare();
    // At once, it would read on in the middle of a packet, and lose what follows.
    test.broker.publish = (_packet, from, then) => {
      const done = typeof from === 'function' ? from : then;
      if (done) setImmediate(done, null);
    };
    const client = await test.connect();
    for (const qos of [0, 1, 2] as const) client.publish('x', qos, qos + 1);
    expect(await client.got('puback')).toMatchObject({ messageId: 2 });
    expect(await client.got('pubrec')).toMatchObject({ messageId: 3 });
    client.send({ cmd: 'pubrel', messageId: 3 });
    expect(await client.got('pubcomp')).toMatchObject({ messageId: 3 });
    await client.ping();
    expect(client.core.closed).toBe(false);
  });

  it('lets authorizePublish change topic and retain; else Permissions cannot send to $direct, nor keep back what is not to be retained', async () => {
    const topics: string[] = [];
    const test = await startBare({
      authorizePublish(_client, packet, done) {
        packet.topic = `${packet.topic}/from`;
        done(null);
      },
    });
    seePublish(test, ({ topic }, goOn) => {
      topics.push(topic);
      goOn();
    });
    (await test.connect()).publish('x');
    await until(() => topics.length > 0);
    expect(topics).toEqual(['x/from']);
  });

  it('ends the connection where authorizePublish has an error; else Questions.authorizePublish lets it through', async () => {
    const { connect } = await startBare({ authorizePublish: (_client, _packet, done) => done(new Error('no')) });
    const client = await connect();
    client.publish('x', 1);
    await until(() => client.core.closed);
    expect(client.packets).toEqual([]);
  });

  it('acknowledges QoS 1 before it publishes, and after authorizePublish; else Publishing.beforeAcknowledged is needless, or too late', async () => {
    const order: string[] = [];
    let allow = (): void => {};
    const test = await startBare({
      authorizePublish(_client, _packet, done) {
        allow = () => done(null);
      },
    });
    seePublish(test, (_packet, goOn) => {
      order.push('published');
      goOn();
    });
    const client = await test.connect();
    client.publish('x', 1);
    await turns();
    expect(client.packets).toEqual([]);
    const write = client.near.write.bind(client.near) as (chunk: Buffer) => boolean;
    Object.assign(client.near, {
      write: (chunk: Buffer) => {
        if (order.length === 0) order.push('acknowledged');
        return write(chunk);
      },
    });
    allow();
    await client.got('puback');
    expect(order).toEqual(['acknowledged', 'published']);
  });

  it('stores QoS 2, publishes, and confirms when publish calls back; else Publishing.publish confirms what is not on disk', async () => {
    const test = await startBare();
    let goOn = (): void => {};
    seePublish(test, (_packet, then) => {
      test.asked.push({ name: 'publish', given: [] });
      goOn = then;
    });
    const client = await test.connect();
    test.asked.length = 0;
    client.publish('x', 2);
    await until(() => test.asked.length === 3);
    expect(test.asked.map(({ name }) => name)).toEqual(['incomingGetPacket', 'incomingStorePacket', 'publish']);
    await turns();
    expect(client.packets).toEqual([]);
    goOn();
    await client.got('pubrec');
  });

  it('asks its persistence whether QoS 2 is a duplicate, and then only confirms; else AedesPersistence.incomingGetPacket is not what decides', async () => {
    const test = await startBare();
    let count = 0;
    seePublish(test, (_packet, goOn) => {
      count++;
      goOn();
    });
    const client = await test.connect();
    client.publish('x', 2);
    await client.got('pubrec');
    client.publish('x', 2);
    await client.got('pubrec');
    expect(count).toBe(1);
    client.send({ cmd: 'pubrel', messageId: 7 });
    await client.got('pubcomp');
    expect(test.asked.some(({ name }) => name === 'incomingDelPacket')).toBe(true);
  });

  it('publishes its own messages by the method too, without a QoS; else Publishing.publish sees what it does not expect', async () => {
    const test = await startBare();
    const own: CorePacket[] = [];
    const original = test.broker.publish.bind(test.broker);
    test.broker.publish = (packet, from, done) => {
      own.push(packet);
      original(packet, from, done);
    };
    const client = await test.connect();
    await client.subscribe('x');
    expect(own.map(({ topic, clientId }) => `${topic.split('/')[2]} ${clientId}`)).toContain('new undefined');
    expect(own.every(({ qos }) => !(qos > 0))).toBe(true);
  });
});
