import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connectPacket,
  field,
  packet,
  publishPacket,
  readAll,
  startBroker,
  subscribePacket,
  type TestBroker,
} from './support.ts';

let test: TestBroker;
beforeEach(async () => {
  test = await startBroker({ maxQueueBytes: 200_000 });
});
afterEach(async () => {
  await test.close();
});

/** Sends the bytes, closes the sending side, and waits for the end of the connection. */
async function send(bytes: Buffer): Promise<Buffer> {
  const socket = await test.dial();
  const answer = readAll(socket);
  socket.end(bytes);
  return await answer;
}

const afterConnect = (bytes: Buffer): Buffer => Buffer.concat([connectPacket('strict'), bytes]);
const ILL_FORMED = Buffer.from([0, 2, 0xff, 0xfe]);
const ID = Buffer.from([0, 1]);
const QOS_0 = Buffer.from([0]);

/** Sends the bytes and a goodbye, and waits for the end of the connection. */
async function converse(bytes: Buffer): Promise<string> {
  const socket = await test.dial();
  const answer = readAll(socket);
  socket.write(Buffer.concat([bytes, Buffer.from([0xe0, 0])]));
  return (await answer).toString('hex');
}

/** The broker still serves a client as it should. */
async function expectService(): Promise<void> {
  const client = await test.connect('witness');
  await client.mqtt.subscribeAsync('service', { qos: 1 });
  await client.mqtt.publishAsync('service', 'works', { qos: 1 });
  expect((await client.got(1)).map(({ text }) => text)).toEqual(['works']);
  await client.mqtt.endAsync();
}

const WHOLE = [
  connectPacket('prefix'),
  packet(
    0x10,
    field('MQTT'),
    Buffer.from([4, 0b11101110, 0, 10]),
    field('full'),
    field('will'),
    field('gone'),
    field('user'),
    field('password'),
  ),
  packet(0x82, Buffer.from([0, 1]), field('a/#'), Buffer.from([1]), field('b'), Buffer.from([0])),
  packet(0x34, field('a/b'), Buffer.from([0, 9]), Buffer.from('{"a":1}')),
  packet(0x62, Buffer.from([0, 9])),
  packet(0xa2, Buffer.from([0, 2]), field('a/#')),
];

describe('hostile input', () => {
  it('of every truncated packet ends that connection alone', async () => {
    for (const whole of WHOLE) {
      const head = whole === WHOLE[0] || whole === WHOLE[1] ? Buffer.alloc(0) : connectPacket('prefix');
      for (let length = 1; length <= whole.length; length++) {
        await send(Buffer.concat([head, whole.subarray(0, length)]));
      }
    }
    await expectService();
    expect(test.house.hub.onlineCount).toBe(0);
  });

  it('of packets whose insides are cut short ends that connection alone', async () => {
    for (const whole of WHOLE) {
      const header = whole[0] as number;
      const body = whole.subarray(2);
      const isConnect = header === 0x10;
      for (let length = 0; length < body.length; length++) {
        const cut = packet(header, body.subarray(0, length));
        await send(isConnect ? cut : Buffer.concat([connectPacket('cut'), cut]));
      }
    }
    await expectService();
  });

  it('of random bytes, before and after CONNECT, ends that connection alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, isConnected) => {
        await send(Buffer.concat([isConnected ? connectPacket('noise') : Buffer.alloc(0), noise]));
      }),
      { numRuns: 200, seed: 7 },
    );
    await expectService();
  });

  it('of packets of every type with random insides ends that connection alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 30 })), { maxLength: 5 }),
        async (packets) => {
          const bytes = packets.map(([header, body]) => packet(header, Buffer.from(body)));
          await send(Buffer.concat([connectPacket('fuzz'), ...bytes]));
        },
      ),
      { numRuns: 300, seed: 8 },
    );
    await expectService();
  });

  it.each([
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex'), 'PEER_MALFORMED'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'PEER_MALFORMED'],
    ['a packet of 100 MB', Buffer.concat([connectPacket('big'), Buffer.from('3080c2d72f', 'hex')]), 'PEER_TOO_LARGE'],
    ['a length without end', Buffer.concat([connectPacket('big'), Buffer.from('30ffffffff', 'hex')]), 'PEER_MALFORMED'],
    ['a second CONNECT', Buffer.concat([connectPacket('twice'), connectPacket('twice')]), 'PEER_MALFORMED'],
    ['a topic with NUL', Buffer.concat([connectPacket('nul'), publishPacket('a\0b', '')]), 'PEER_MALFORMED'],
    ['101 levels', Buffer.concat([connectPacket('deep'), publishPacket('/'.repeat(100), '')]), 'PEER_MALFORMED'],
    ['a filter of 101 levels', Buffer.concat([connectPacket('d'), subscribePacket('/'.repeat(100))]), 'PEER_MALFORMED'],
    ['a topic that is no UTF-8', afterConnect(packet(0x30, ILL_FORMED)), 'PEER_MALFORMED'],
    ['a filter that is no UTF-8', afterConnect(packet(0x82, ID, ILL_FORMED, QOS_0)), 'PEER_MALFORMED'],
    ['a topic with a control character', afterConnect(publishPacket('a\u0001b', '')), 'PEER_MALFORMED'],
    ['a topic with a code point that is none', afterConnect(publishPacket('a\ufffe', '')), 'PEER_MALFORMED'],
    ['the filter a+', afterConnect(subscribePacket('a+')), 'PEER_MALFORMED'],
    ['the filter a/b#', afterConnect(subscribePacket('a/b#')), 'PEER_MALFORMED'],
    ['a SUBSCRIBE without filters', afterConnect(packet(0x82, ID)), 'PEER_MALFORMED'],
    ['an UNSUBSCRIBE without filters', afterConnect(packet(0xa2, ID)), 'PEER_MALFORMED'],
    ['a SUBSCRIBE of id 0', afterConnect(packet(0x82, Buffer.from([0, 0]), field('x'), QOS_0)), 'PEER_MALFORMED'],
    ['a PUBLISH of id 0', afterConnect(packet(0x32, field('x'), Buffer.from([0, 0]))), 'PEER_MALFORMED'],
    ['a PUBLISH whose id is cut off', afterConnect(packet(0x32, field('x'), Buffer.from([0]))), 'PEER_MALFORMED'],
    ['a PUBACK of id 0', afterConnect(packet(0x40, Buffer.from([0, 0]))), 'PEER_MALFORMED'],
    ['a SUBSCRIBE with an empty filter', afterConnect(packet(0x82, ID, field(''), QOS_0)), 'PEER_MALFORMED'],
    ['an UNSUBSCRIBE of a+', afterConnect(packet(0xa2, ID, field('a+'))), 'PEER_MALFORMED'],
    ['a filter with a control character', afterConnect(subscribePacket('a\u0000')), 'PEER_MALFORMED'],
    ['a duplicate of QoS 0', afterConnect(packet(0x38, field('x'))), 'PEER_MALFORMED'],
    ['a wrong filter', Buffer.concat([connectPacket('d'), subscribePacket('a/#/b')]), 'PEER_MALFORMED'],
  ])('such as %s ends the connection at once and is reported once', async (_, bytes, code) => {
    const socket = await test.dial();
    const end = readAll(socket);
    socket.write(bytes);
    await end;
    expect(test.house.incidents.counts()).toEqual({ [`mqtt ${code}`]: 1 });
    await expectService();
  });

  it.each([
    ['a client id that is no UTF-8', packet(0x10, field('MQTT'), Buffer.from([4, 2, 0, 0]), ILL_FORMED), ''],
    [
      'a password without a user name',
      packet(0x10, field('MQTT'), Buffer.from([4, 0x42, 0, 0]), field('x'), field('secret')),
      '',
    ],
    [
      'a last will of QoS 3',
      packet(0x10, field('MQTT'), Buffer.from([4, 0x1e, 0, 0]), field('x'), field('will'), field('gone')),
      '',
    ],
    ['an unknown level', connectPacket('new', 6), '20020001'],
    ['an unknown level of a bridge', connectPacket('new', 0x86), '20020001'],
  ])('in a CONNECT, such as %s, gets the answer that MQTT has for it', async (_, bytes, answer) => {
    expect((await send(bytes)).toString('hex')).toBe(answer);
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_MALFORMED': 1 });
    await expectService();
  });

  it.each([3, 4, 0x83, 0x84])('is not the level %d', async (level) => {
    const name = (level & 0x7f) === 3 ? 'MQIsdp' : 'MQTT';
    const connect = packet(0x10, field(name), Buffer.from([level, 2, 0, 0]), field('fine'));
    expect(await converse(connect)).toBe('20020000');
  });

  it('is not a replacement character that was sent as such', async () => {
    const client = await test.connect('fine');
    await client.mqtt.subscribeAsync('a\ufffd');
    await client.mqtt.publishAsync('a\ufffd', 'x');
    expect((await client.got(1))[0]?.topic).toBe('a\ufffd');
  });

  it('is not a filter that comes twice: each gets its return code, and the last counts', async () => {
    const client = await test.connect('twice');
    const filters = Buffer.concat([
      field('d/a'),
      Buffer.from([0]),
      field('d/a'),
      Buffer.from([1]),
      field('d/b'),
      Buffer.from([1]),
    ]);
    const socket = await test.dial();
    socket.write(Buffer.concat([connectPacket('raw'), packet(0x82, Buffer.from([0, 7]), filters)]));
    let answer = Buffer.alloc(0);
    while (answer.length < 11) answer = Buffer.concat([answer, ((await once(socket, 'data')) as [Buffer])[0]]);
    expect(answer.toString('hex')).toBe('2002000090050007000101');
    socket.destroy();
    const granted = await client.mqtt.subscribeAsync(['d/a', 'd/a', 'd/b'], { qos: 1 });
    expect(granted).toHaveLength(3);
    await client.mqtt.publishAsync('d/a', 'once', { qos: 1 });
    await client.mqtt.publishAsync('d/b', 'end', { qos: 1 });
    expect((await client.got(2)).map(({ text, qos }) => `${text} ${qos}`)).toEqual(['once 1', 'end 1']);
  });

  it('names that objects have by themselves are names like any other', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const client = await test.connect(name, { clean: false });
      await client.mqtt.subscribeAsync(name, { qos: 1 });
      await client.mqtt.publishAsync(name, 'x', { qos: 1, retain: true });
      await client.got(1);
      expect(client.lines).toEqual([`${name}=x`]);
    }
  });
});

describe('silence', () => {
  beforeEach(async () => {
    await test.close();
    // aedes measures it by the machine's clock: nothing else here is to be cut off where the machine is busy for so long.
    test = await startBroker({ handshakeTimeoutMs: 200 });
  });

  it('instead of a CONNECT ends the connection', async () => {
    const silent = readAll(await test.dial());
    const socket = await test.dial();
    const half = readAll(socket);
    socket.write(connectPacket('half').subarray(0, 5));
    const goOn = (): unknown => {
      test.house.clock.advance(5000);
      return test.house.incidents.counts();
    };
    await expect.poll(goOn).toEqual({ 'mqtt PEER_TIMEOUT': 2 });
    await Promise.all([silent, half]);
  });

  it.each([4, 5])('as good as a CONNECT of level %d that never ends, whatever comes of it meanwhile', async (level) => {
    const socket = await test.dial();
    const end = readAll(socket);
    const [first, lengthBytes] = [Buffer.from([0x10]), Buffer.from([0xff, 0x7f])];
    socket.write(Buffer.concat([first, lengthBytes, field('MQTT'), Buffer.from([level, 2, 0, 0])]));
    while (!socket.closed) {
      await new Promise((resolve) => socket.write('a', resolve));
      await new Promise<void>((resolve) => setTimeout(resolve, 20));
      test.house.clock.advance(1000);
    }
    await end;
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TIMEOUT': 1 });
  });

  it('of a client with a keep-alive time ends the connection, and the hub hears why', async () => {
    const socket = await test.dial();
    const left = new Promise((resolve) => test.house.hub.events.on('leave', (...given) => resolve(given)));
    const end = readAll(socket);
    socket.write(packet(0x10, field('MQTT'), Buffer.from([4, 2, 0, 1]), field('sleepy')));
    await end;
    expect(await left).toEqual(['sleepy', 'mqtt', 'timeout']);
    expect(test.house.incidents.counts()).toEqual({ 'mqtt PEER_TIMEOUT': 1 });
  });
});

describe('a client that does not read', () => {
  it('is disconnected after the drain timeout', async () => {
    const deaf = await test.dial();
    deaf.write(Buffer.concat([connectPacket('deaf'), subscribePacket('big')]));
    await once(deaf, 'data');
    deaf.pause();
    const writer = await test.connect('writer');
    const payload = Buffer.alloc(90_000);
    const left = new Promise<string>((resolve) => test.house.hub.events.on('leave', (id) => resolve(id)));
    let isOver = false;
    left.then(() => {
      isOver = true;
    });
    while (!isOver) {
      writer.mqtt.publish('big', payload);
      test.house.clock.advance(500);
      await new Promise(setImmediate);
    }
    expect(await left).toBe('deaf');
    deaf.destroy();
  });

  it('and has a persistent session loses nothing', async () => {
    const deaf = await test.dial();
    deaf.write(Buffer.concat([connectPacket('deaf', 4, 0), subscribePacket('big', 1)]));
    // CONNACK and SUBACK: what is published before that need not come.
    for (let length = 0; length < 9; ) length += ((await once(deaf, 'data')) as [Buffer])[0].length;
    deaf.pause();
    const writer = await test.connect('writer');
    const payload = 'x'.repeat(50_000);
    for (let count = 0; count < 200; count++) {
      writer.mqtt.publish('big', `${count} ${payload}`, { qos: 1 });
      test.house.clock.advance(10);
      await new Promise(setImmediate);
    }
    await writer.mqtt.publishAsync('end', '', { qos: 1 });
    deaf.destroy();
    while (test.house.hub.session('deaf')) await new Promise(setImmediate);
    const back = await test.connect('deaf', { clean: false });
    const numbers = new Set<string>();
    for (let count = 1; numbers.size < 200; count++) {
      const received = await back.got(count);
      numbers.add(received[count - 1]?.text.split(' ')[0] ?? '');
    }
    expect(numbers.size).toBe(200);
  });
});

describe('many connections', () => {
  it('that come and go at once leave nothing behind', async () => {
    const sockets: net.Socket[] = [];
    for (let count = 0; count < 300; count++) {
      const socket = net.connect(test.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(connectPacket(`c${count}`, 4, count % 2 === 0 ? 2 : 0));
      if (count % 3 === 0) socket.destroySoon();
      sockets.push(socket);
    }
    const ends = sockets.map((socket) => readAll(socket));
    await expectService();
    for (const socket of sockets) socket.end();
    await Promise.all(ends);
    while (test.house.hub.onlineCount > 0) await new Promise(setImmediate);
    expect(test.house.hub.onlineCount).toBe(0);
  });
});
