import { describe, expect, it } from 'vitest';
import type { CoreClient } from '../../../src/mqtt-engine/aedes/private.ts';
import { connectPacket } from '../support.ts';
import { type Bare, startBare, turns, until } from './support.ts';

describe('aedes, where a client comes,', () => {
  it('ends the connection without a CONNACK where preConnect has an error; else Questions.preConnect answers bad wills', async () => {
    const errors: string[] = [];
    const { dial } = await startBare(
      { preConnect: (_client, _packet, done) => done(new Error('no'), false) },
      { events: { connectionError: (_client, { message }) => errors.push(message) } },
    );
    const client = dial();
    client.introduce();
    await until(() => errors.length > 0);
    await turns();
    expect(errors).toEqual(['no']);
    expect(client.packets).toEqual([]);
    expect(client.near.destroyed).toBe(true);
  });

  it('lets authenticate change the client’s id; else Questions.#answer leaves nameless clients under aedes’ own ids', async () => {
    const { broker, connect } = await startBare({
      authenticate(client, _username, _password, done) {
        client.id = 'mqtt-1';
        done(null, true);
      },
    });
    const { core } = await connect({ clientId: '' });
    expect(broker.clients['mqtt-1']).toBe(core);
  });

  it('reads nothing from a pause in preConnect until the client is in; else Questions.preConnect lets strangers publish', async () => {
    const order: string[] = [];
    const { dial } = await startBare({
      preConnect(client, _packet, done) {
        client.pause();
        process.nextTick(() => stranger.publish('t'));
        done(null, true);
      },
      authenticate(_client, _username, _password, done) {
        order.push('authenticate');
        setTimeout(() => done(null, true), 20);
      },
      authorizePublish(_client, packet, done) {
        order.push(`authorizePublish ${packet.topic}`);
        done(null);
      },
    });
    const stranger = dial();
    stranger.introduce();
    await until(() => order.length === 2);
    expect(order).toEqual(['authenticate', 'authorizePublish t']);
    await stranger.ping();
    expect(stranger.packets.map(({ cmd }) => cmd)).toEqual(['connack']);
  });

  it.each([2, 3, 4, 5])(
    'puts the returnCode %i of a refusal into the CONNACK; else Questions.#answer tells it wrong',
    async (code) => {
      const { connect } = await startBare({
        authenticate: (_client, _username, _password, done) =>
          done(Object.assign(new Error('no'), { returnCode: code }), false),
      });
      const { connack } = await connect();
      expect(connack).toMatchObject({ returnCode: code, sessionPresent: false });
    },
  );

  it('does nothing where a client is closed when its answer comes; else Questions.#answer must ask for that', async () => {
    let answer = (): void => {};
    const { broker, dial } = await startBare({
      authenticate: (_client, _username, _password, done) => {
        answer = () => done(null, true);
      },
    });
    const client = dial();
    client.introduce();
    await turns();
    client.core.close();
    answer();
    await turns();
    expect(broker.clients.a).toBeUndefined();
    expect(client.packets).toEqual([]);
  });

  it('registers and unregisters by methods that can be overridden; else Broker’s guards of successors are void', async () => {
    const { broker, connect } = await startBare();
    const called: string[] = [];
    const methods = broker as Bare & Record<'registerClient' | 'unregisterClient', (client: CoreClient) => void>;
    for (const name of ['registerClient', 'unregisterClient'] as const) {
      const method = methods[name].bind(broker);
      methods[name] = (client) => {
        called.push(`${name} ${client.id}`);
        method(client);
      };
    }
    const { core } = await connect();
    core.close();
    expect(called).toEqual(['registerClient a', 'unregisterClient a']);
  });

  it('takes a session for present where its persistence has subscriptions; else AedesPersistence’s placeholder is no session', async () => {
    const { persistence, connect } = await startBare({
      authorizeSubscribe: (_client, _asked, done) => done(null, null),
    });
    persistence.subscriptionsByClient = async () => [{ topic: '$session', qos: 0 }];
    const { connack } = await connect({ clean: false });
    expect(connack?.sessionPresent).toBe(true);
  });

  it('leaves it to authenticate what becomes of a client without an id that wants a session; else Entrance does not tell why', async () => {
    const asked: string[] = [];
    const { dial } = await startBare({
      authenticate(client, _username, _password, done) {
        asked.push(`${client.id.slice(0, 6)} ${client.clean}`);
        done(null, true);
      },
    });
    const client = dial();
    client.far.write(connectPacket('', 4, 0));
    await client.got('connack');
    await until(() => client.core.connected);
    expect(asked).toEqual(['aedes_ false']);
  });

  it.each(['__proto__', 'constructor'])(
    'has nobody under %s where nobody came so; else such an id is refused, or ends others',
    async (name) => {
      const { connect } = await startBare();
      const client = await connect({ clientId: name, clean: false });
      await client.subscribe(name, 1);
      client.publish(name, 1);
      expect(await client.got('publish')).toMatchObject({ topic: name });
    },
  );

  it('wants the persistence’s setup to be an async function; else AedesPersistence.setup may be another', async () => {
    const { Aedes } = await import('aedes');
    await expect(new Aedes({ persistence: { setup: () => {} } }).listen()).rejects.toThrow('async');
  });
});

describe('aedes, where a client goes,', () => {
  const will = { topic: 'w', payload: Buffer.from('x'), qos: 0 as const, retain: false };

  it('closes at once, and calls back when the will is handed to publish; else Questions.#answer mixes up two connections', async () => {
    const { broker, connect } = await startBare();
    const { core } = await connect({ will });
    const order: string[] = [];
    const publish = broker.publish.bind(broker);
    broker.publish = (packet, ...more) => {
      if (packet.topic === 'w') order.push('will');
      publish(packet, ...more);
    };
    core.close(() => order.push('closed'));
    expect(core.closed).toBe(true);
    await turns();
    expect(order).toEqual(['will', 'closed']);
  });

  it('notes a goodbye as _disconnected; else AedesClient.leave takes it for a lost connection', async () => {
    const { connect } = await startBare();
    const polite = await connect();
    polite.send({ cmd: 'disconnect' });
    await until(() => polite.core.closed);
    expect(polite.core._disconnected).toBe(true);
    const cut = await connect();
    cut.near.destroy();
    await until(() => cut.core.closed);
    expect(cut.core._disconnected).toBe(false);
  });
});
