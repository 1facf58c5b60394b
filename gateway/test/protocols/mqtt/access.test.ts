import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { secretPassword } from '@crosscomm/testing/secrets';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connectPacket,
  packet,
  publishPacket,
  readAll,
  startBroker,
  subscribePacket,
  type TestBroker,
} from '../../mqtt-engine/support.ts';

const PASSWORD = secretPassword();

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker({ users: new Map([['guarded', PASSWORD]]) });
  test.house.access.maySend = (_, channel) => channel !== 'readonly';
  test.house.access.maySubscribe = (_, channel) => channel !== 'hidden';
});
afterEach(async () => {
  await test.close();
});

/** The return code of the CONNACK that a CONNECT gets. */
async function returnCode(...bytes: Buffer[]): Promise<number | undefined> {
  const socket = await test.dial();
  socket.write(Buffer.concat(bytes));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer[3];
}

describe('connecting', () => {
  it('is refused with code 2 where another protocol has the name, or the gateway itself', async () => {
    test.house.hub.join(new MemorySession('python'));
    expect(await returnCode(connectPacket('python'))).toBe(2);
    expect(await returnCode(connectPacket('server'))).toBe(2);
    expect(await returnCode(connectPacket('new\nline'))).toBe(2);
    expect(await returnCode(connectPacket('x'.repeat(257)))).toBe(2);
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_NAME_TAKEN': 1, 'mqtt PEER_BAD_NAME': 3 });
    expect(test.house.hub.session('python')?.protocol).toBe('oocsi');
  });

  it('is refused with nothing of what came in the same breath carried out, however long', async () => {
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('#');
    const payload = 'x'.repeat(90_000);
    for (let round = 0; round < 5; round++) {
      const [stream, far] = duplexPair();
      test.broker.accept(stream, '127.0.0.1:1');
      // As a socket hands it over that is read twice in one turn.
      far.write(connectPacket('guarded'));
      for (let tick = 0; tick < round; tick++) await new Promise<void>((resolve) => process.nextTick(resolve));
      far.write(publishPacket('forged', payload));
      const [answer] = (await once(far, 'data')) as [Buffer];
      expect(answer.toString('hex')).toBe('20020005');
      far.destroy();
      expect(await returnCode(connectPacket('guarded'), publishPacket('forged', payload))).toBe(5);
    }
    await watcher.mqtt.publishAsync('last', '', { qos: 1 });
    expect((await watcher.got(1)).map(({ topic }) => topic)).toEqual(['last']);
  });

  it('without an id is given one, but not with a persistent session', async () => {
    expect(await returnCode(connectPacket('', 4, 0))).toBe(2);
    expect(test.reports).toEqual([
      expect.stringMatching(
        /^The MQTT client .*127\.0\.0\.1:\d+ was refused: a persistent session needs a client id\.$/,
      ),
    ]);
    expect(await returnCode(connectPacket('', 4, 2))).toBe(0);
    await test.connect('');
    await expect
      .poll(() => test.house.hub.clients().map(({ id }) => id))
      .toEqual([expect.stringMatching(/^mqtt-[0-9a-f]{4}$/)]);
  });

  it('without an id is given one that nobody has, or may come back to', async () => {
    await test.close();
    test = await startBroker({ random: () => 0 });
    await (await test.connect('mqtt-0000', { clean: false })).mqtt.endAsync();
    await expect.poll(() => test.house.hub.client('mqtt-0000')?.online).toBe(false);
    test.house.hub.forget('mqtt-0000');
    await test.connect('');
    await test.connect('');
    expect(test.house.hub.clients().map(({ id }) => id)).toEqual(['mqtt-00000', 'mqtt-000000']);
  });

  it('without an id is told of by its presence, and that it has gone', async () => {
    const watcher = await test.connect('watcher');
    await watcher.mqtt.subscribeAsync('$presence/#');
    await watcher.got(1);
    const nameless = await test.connect('');
    await watcher.got(2);
    nameless.mqtt.end(true);
    const [, online, offline] = await watcher.got(3);
    expect([online, offline].map((told) => JSON.parse(told?.text ?? '') as object)).toMatchObject([
      { status: 'online' },
      { status: 'offline' },
    ]);
    expect(offline?.topic).toBe(online?.topic);
  });

  it('is possible with MQTT 3.1 and a long id', async () => {
    const head = Buffer.concat([Buffer.from([0, 6]), Buffer.from('MQIsdp'), Buffer.from([3, 2, 0, 0, 0, 40])]);
    expect(await returnCode(packet(0x10, head, Buffer.alloc(40, 97)))).toBe(0);
  });

  it('needs the password of a guarded name', async () => {
    await expect(test.connect('guarded')).rejects.toThrow('Not authorized');
    await expect(test.connect('guarded', { username: 'x', password: 'wrong' })).rejects.toThrow('Bad username');
    await test.connect('guarded', { username: 'x', password: PASSWORD });
    expect(test.house.hub.session('guarded')?.protocol).toBe('mqtt');
  });

  it('with a version that nobody knows is refused with code 1 and an explanation', async () => {
    expect(await returnCode(connectPacket('modern', 6))).toBe(1);
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_MALFORMED': 1 });
  });

  it.each(['', 'a/#', '$SYS/x', 'readonly'])('with a last will for %j is refused', async (topic) => {
    await expect(test.connect('rude', { will: { topic, payload: Buffer.from('x'), qos: 0 } })).rejects.toThrow();
    expect(test.house.hub.session('rude')).toBeUndefined();
  });

  it('again and again under one id is slowed down to a second each, and the newest still wins', async () => {
    const resting = test.house.clock.timers;
    await test.connect('kitchen');
    for (let times = 0; times < 12; times++) await test.connect('kitchen');
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_ID_SHARED': 1 });
    const holder = test.house.hub.session('kitchen');
    const waiting = await test.dial();
    // Those that were put out have gone for good.
    await expect.poll(() => test.house.clock.timers).toBe(resting);
    waiting.write(connectPacket('kitchen'));
    await expect.poll(() => test.house.clock.timers).toBe(resting + 1);
    test.house.clock.advance(999);
    expect(test.house.hub.session('kitchen')).toBe(holder);
    const answer = once(waiting, 'data');
    test.house.clock.advance(1);
    expect((await answer)[0]).toEqual(Buffer.from([0x20, 2, 0, 0]));
    expect(test.house.hub.session('kitchen')).not.toBe(holder);
    test.house.clock.advance(120_001);
    await test.connect('kitchen');
  });

  it('a second time takes the place of the first connection, and nobody sees the client leave', async () => {
    const events: string[] = [];
    test.house.hub.events.on('join', (id) => events.push(`join ${id}`));
    test.house.hub.events.on('leave', (id) => events.push(`leave ${id}`));
    const first = await test.connect('device');
    await first.mqtt.subscribeAsync('old');
    const closed = new Promise<void>((resolve) => first.mqtt.once('close', resolve));
    const second = await test.connect('device');
    await closed;
    await second.mqtt.subscribeAsync('new');
    expect(events).toEqual(['join device']);
    expect(test.house.hub.members('old')).toEqual([]);
    expect(test.house.hub.members('new')).toEqual(['device']);
    await second.mqtt.publishAsync('new', 'still here', { qos: 1 });
    expect(await second.got(1)).toMatchObject([{ text: 'still here' }]);
  });

  it('many times at once leaves exactly one connection, which works', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => test.dial()));
    const ends = sockets.map((socket) => readAll(socket));
    // So many are slowed down.
    const turning = setInterval(() => test.house.clock.advance(1000), 5);
    for (const socket of sockets) socket.write(Buffer.concat([connectPacket('storm'), subscribePacket('led')]));
    await Promise.race(ends);
    const last = await test.connect('storm');
    await Promise.all(ends);
    clearInterval(turning);
    await last.mqtt.subscribeAsync('led');
    expect(test.house.hub.members('led')).toEqual(['storm']);
    expect(test.house.hub.onlineCount).toBe(1);
  });
});

describe('publishing', () => {
  it.each(['$direct/a%00b', '$direct/a%0Ab', `$direct/${'x'.repeat(1025)}`])(
    'to a client that cannot be, %.20s, ends the connection, and others get nothing',
    async (topic) => {
      const watcher = new MemorySession('watcher');
      test.house.hub.join(watcher);
      test.house.hub.subscribe(watcher, '#');
      const client = await test.connect('rude');
      const closed = new Promise<void>((resolve) => client.mqtt.once('close', resolve));
      client.mqtt.publish(topic, 'x');
      await closed;
      expect(watcher.received).toEqual([]);
      expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_BAD_NAME': 1 });
    },
  );
});

describe('subscribing', () => {
  it.each([
    '$direct/other/#',
    '$direct/#',
    '$direct/+/me',
    '$direct/+/#',
    '$share/group/hidden',
    '$share/g/$direct/#',
    'hidden',
  ])('to %s is answered with 0x80', async (filter) => {
    const client = await test.connect('me', { clean: false });
    await expect(client.mqtt.subscribeAsync(filter)).rejects.toThrow('Unspecified error');
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_NOT_ALLOWED': 1 });
  });

  it('to something refused beside something granted stores only the latter', async () => {
    const client = await test.connect('me', { clean: false });
    await client.mqtt.subscribeAsync({ '$direct/other/#': { qos: 1 }, mine: { qos: 1 } }).catch(() => {});
    await client.mqtt.endAsync();
    const sender = await test.connect('sender');
    await sender.mqtt.publishAsync('$direct/other', 'secret', { qos: 1 });
    await sender.mqtt.publishAsync('mine', 'ok', { qos: 1 });
    const back = await test.connect('me', { clean: false });
    await back.got(1);
    expect(back.lines).toEqual(['mine=ok']);
  });

  it.each(['$direct/m%2Fe/#', '$direct/m%2Fe/other', '$presence/#', '$SYS/#'])('to %s is granted', async (filter) => {
    const client = await test.connect('m/e');
    const [grant] = await client.mqtt.subscribeAsync(filter);
    expect(grant?.qos).toBe(0);
  });

  it('to more than 1000 filters is refused', async () => {
    const client = await test.connect('me');
    const filters = Array.from({ length: 1001 }, (_, index) => `t/${index}`);
    await client.mqtt.subscribeAsync(filters.slice(0, 1000));
    await expect(client.mqtt.subscribeAsync('t/1000')).rejects.toThrow();
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TOO_MANY': 1 });
  });
});

describe('topics that begin with $ and are not the gateway’s', () => {
  it('pass between MQTT clients, retained ones too, and stay there', async () => {
    test.house.hub.join(new MemorySession('python'));
    const python = test.house.hub.session('python') as MemorySession;
    test.house.hub.subscribe(python, '$foo/x');
    const [sender, reader] = [await test.connect('sender'), await test.connect('reader')];
    await reader.mqtt.subscribeAsync('$foo/#', { qos: 1 });
    await sender.mqtt.publishAsync('$foo/x', 'live', { qos: 1, retain: true });
    await reader.got(1);
    const late = await test.connect('late');
    await late.mqtt.subscribeAsync('$foo/x');
    expect(await late.got(1)).toMatchObject([{ topic: '$foo/x', text: 'live', retain: true }]);
    await test.restart();
    expect(python.received).toEqual([]);
    expect(test.house.hub.retained('$foo/x')).toBeUndefined();
  });
});

describe('publishing', () => {
  it.each(['$SYS/x', '$presence/me', '$direct/other/forged', '$direct/'])(
    'to %s ends the connection and says why',
    async (topic) => {
      const client = await test.connect('me');
      client.mqtt.publish(topic, 'x');
      await new Promise<void>((resolve) => client.mqtt.once('close', resolve));
      expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_NOT_ALLOWED': 1 });
    },
  );
});
