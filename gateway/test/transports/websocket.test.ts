import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { textFrame } from '../../src/common/websocket-frame.ts';
import type { Credentials } from '../../src/transports/websocket-routes.ts';
import { dial, hearOut, openWebHouse, Probes, type WebHouse, type WebHouseOptions } from './support.ts';

let house: WebHouse;
afterEach(() => house.stop());

async function open(options: WebHouseOptions = {}): Promise<WebHouse> {
  house = await openWebHouse(options);
  return house;
}

/** The next message of a client, as text. */
async function hear(client: WebSocket): Promise<string> {
  const [data] = (await once(client, 'message')) as [Buffer];
  return data.toString();
}

/** How a client's connection ends: `1000 reason`. */
async function ending(client: WebSocket): Promise<string> {
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  return `${code} ${reason.toString()}`.trim();
}

describe('paths', () => {
  test.each([
    ['/', 'crosscomm'],
    ['/anything/else?x=1', 'crosscomm'],
    ['/ws', 'oocsi'],
    ['/ws/?name=x', 'oocsi'],
  ] as const)('%s leads to %s', async (path, protocol) => {
    await open();
    const [client, session] = await Promise.all([house.open(path), house[protocol].next()]);
    client.send('hällo');
    await session.until(({ texts }) => texts.length === 1);
    expect(session.texts).toEqual(['hällo']);
    expect(session.wire.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test.each([
    [['mqtt'], 'mqtt'],
    [['mqttv3.1'], 'mqttv3.1'],
    [['other', 'mqttv3.1', 'mqtt'], 'mqtt'],
    [[], ''],
  ])('/mqtt takes a stream of bytes, and of the subprotocols %j %j', async (protocols, expected) => {
    let received = Buffer.alloc(0);
    await open({
      acceptMqtt: (stream) => {
        stream.on('data', (chunk: Buffer) => {
          received = Buffer.concat([received, chunk]);
          if (received.length < 4) return;
          stream.cork();
          stream.write(Buffer.from('12'));
          stream.write(Buffer.from('34'));
          stream.uncork();
        });
      },
    });
    const client = await house.open('/mqtt', { protocols });
    expect(client.protocol).toBe(expected);
    client.send(Buffer.from('ab'));
    client.send(Buffer.from('cd'));
    expect(await hear(client)).toBe('1234');
    expect(received.toString()).toBe('abcd');
  });

  test.each(['/', '/ws', '/elsewhere'])('%s leads to MQTT who offers its subprotocol', async (path) => {
    await open({ acceptMqtt: (stream) => stream.pipe(stream) });
    const client = await house.open(path, { protocols: ['mqtt'] });
    expect(client.protocol).toBe('mqtt');
    client.send(Buffer.from('ab'));
    expect(await hear(client)).toBe('ab');
  });

  test.each(['/', '/ws', '/mqtt'])('%s chooses no subprotocol that is not the gateway’s', async (path) => {
    await open();
    const socket = await dial(house.port);
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    socket.write(`${request}${key}Sec-WebSocket-Protocol: arduino, chat\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /);
    expect(head.toString().toLowerCase()).not.toContain('sec-websocket-protocol');
  });

  test('refuse a page that may not connect, and say why', async () => {
    await open({ refusal: () => ({ status: 403, message: 'Not from there.' }) });
    const answer = await hearOut(await house.upgrade('/', false));
    expect(answer.toString()).toMatch(
      /^HTTP\/1\.1 403 Forbidden\r\n.*"code":"PEER_NOT_ALLOWED","message":"Not from there\."\}\}$/s,
    );
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_NOT_ALLOWED': 1 });
  });

  test('hand over what came by HTTP Basic', async () => {
    const seen: (Credentials | undefined)[] = [];
    const probes = new Probes();
    await open({
      createCrossComm: (wire, credentials) => {
        seen.push(credentials);
        return probes.create(wire);
      },
    });
    const basic = (text: string): Record<string, string> => ({
      Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    await house.open('/', { headers: basic('änn:se:cret') });
    await house.open('/', { headers: basic('no colon') });
    await house.open('/', { headers: { Authorization: 'Bearer x' } });
    await house.open('/');
    expect(seen).toEqual([{ username: 'änn', password: 'se:cret' }, undefined, undefined, undefined]);
  });
});

describe('a text connection', () => {
  test('sends what the session writes as it is, in order', async () => {
    await open();
    house.crosscomm.onText = ({ wire }, text) => {
      for (let index = 0; index < 50; index++) wire.write(textFrame(`${text} ${index} ${'ü'.repeat(index * 20)}`));
    };
    const client = await house.open('/');
    const heard: string[] = [];
    client.on('message', (data: Buffer) => heard.push(data.toString()));
    client.send('a');
    client.send('b');
    while (heard.length < 100) await once(client, 'message');
    const expected = ['a', 'b'].flatMap((text) =>
      Array.from({ length: 50 }, (_, index) => `${text} ${index} ${'ü'.repeat(index * 20)}`),
    );
    expect(heard).toEqual(expected);
  });

  test('says everything that was queued before it closes, and nothing after', async () => {
    await open();
    const [client, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    const heard: string[] = [];
    client.on('message', (data: Buffer) => heard.push(data.toString()));
    session.wire.write(textFrame('last words'));
    session.wire.end(1008, `${'ü'.repeat(80)}`);
    expect(session.wire.write(textFrame('too late'))).toBe(false);
    expect(await ending(client)).toBe(`1008 ${'ü'.repeat(61)}`);
    expect(heard).toEqual(['last words']);
    await session.until(({ gone }) => gone);
  });

  test('sends nothing after the close frame that answers the other end', async () => {
    await open();
    const [client, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    const heard: string[] = [];
    client.on('message', (data: Buffer) => heard.push(data.toString()));
    house.crosscomm.onText = ({ wire }) => wire.write(textFrame('answer'));
    client.send('question');
    client.close(1000);
    expect(await ending(client)).toBe('1000');
    await session.until(({ gone }) => gone);
    expect(heard).toEqual(['answer']);
  });

  test('ignores what still comes in after it was closed', async () => {
    await open();
    const [client, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    house.crosscomm.onText = ({ wire }) => wire.end(1000);
    for (const text of ['quit', 'more', 'and more']) client.send(text);
    await ending(client);
    expect(session.texts).toEqual(['quit']);
  });

  test.each([
    ['/', 1_048_576],
    ['/ws', 1000],
  ])('on %s takes %i bytes, and closes with 1009 at one more', async (path, limit) => {
    await open();
    const probes = path === '/' ? house.crosscomm : house.oocsi;
    const [client, session] = await Promise.all([house.open(path), probes.next()]);
    client.send('x'.repeat(limit));
    await session.until(({ texts }) => texts.length === 1);
    client.send('x'.repeat(limit + 1));
    expect(await ending(client)).toBe('1009');
    await session.until(({ gone }) => gone);
    expect(session).toMatchObject({ tooLong: 1 });
    expect(session.texts).toHaveLength(1);
  });

  test('is refused a binary message', async () => {
    await open();
    const client = await house.open('/');
    client.send(Buffer.from([1, 2, 3]));
    expect(await ending(client)).toBe('1003 this door takes text messages only');
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
  });

  test('ends alone when its session fails', async () => {
    await open();
    house.crosscomm.onText = (_session, text) => {
      if (text === 'fault') throw new Error('a fault of ours');
    };
    const [client] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    const [other, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    client.send('fault');
    expect(await ending(client)).toBe('1011 a fault in the gateway');
    other.send('fine');
    await session.until(({ texts }) => texts.length === 1);
    expect(session).toMatchObject({ texts: ['fine'], gone: false });
  });

  test('gets pings, and stays while it answers them', async () => {
    await open({ pingIntervalMs: 2000 });
    const [client, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    const [raw] = [...house.sockets()];
    for (let round = 0; round < 5; round++) {
      const pong = once(raw as Duplex, 'data');
      house.clock.advance(2000);
      await pong;
    }
    expect(session).toMatchObject({ ticks: 10, gone: false });
    expect(client.readyState).toBe(client.OPEN);
  });

  test('is ended when it answers no pings', async () => {
    await open({ pingIntervalMs: 2000 });
    const [socket, session] = await Promise.all([house.upgrade('/'), house.crosscomm.next()]);
    house.clock.advance(4000);
    expect(session.gone).toBe(false);
    house.clock.advance(2000);
    await session.until(({ gone }) => gone);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_TIMEOUT': 1 });
    socket.destroy();
  });
});

describe('a stream connection', () => {
  test('is refused a text message', async () => {
    await open({ acceptMqtt: (stream) => stream.resume() });
    const client = await house.open('/mqtt');
    client.send('text');
    expect(await ending(client)).toBe('1003 MQTT is spoken in binary messages');
  });

  test('ends with the stream, and the stream with it', async () => {
    const streams: Duplex[] = [];
    await open({ acceptMqtt: (stream) => streams.push(stream.resume()) });
    const [first, second] = [await house.open('/mqtt'), await house.open('/mqtt')];
    const ended = once(streams[0] as Duplex, 'close');
    first.close();
    await ended;
    streams[1]?.destroy();
    expect(await ending(second)).toBe('1000');
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  test('holds its writer back while the other end does not read, and its sender while nobody reads', async () => {
    let stream: Duplex | undefined;
    await open({
      acceptMqtt: (accepted) => {
        stream = accepted;
      },
    });
    const client = await house.open('/mqtt');
    client.pause();
    const chunk = Buffer.alloc(64 * 1024);
    let written = 0;
    while ((stream as Duplex).write(chunk) && written < 2000) written++;
    expect(written).toBeLessThan(2000);
    for (let sent = 0; sent < 400; sent++) client.send(chunk);
    const half = new Promise((resolve) => setImmediate(resolve));
    await half;
    expect((stream as Duplex).readableLength).toBeLessThan(2_000_000);
    let read = 0;
    (stream as Duplex).on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    client.resume();
    while (read < 400 * chunk.length) await once(stream as Duplex, 'data');
    expect(read).toBe(400 * chunk.length);
  });
});

describe('the listener', () => {
  test.each([
    ['no key', 'Sec-WebSocket-Version: 13\r\n', 400],
    ['a wrong version', 'Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n', 400],
    [
      'a wrong subprotocol',
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ,,\r\n',
      400,
    ],
  ])('answers an upgrade with %s with an error', async (_what, headers, status) => {
    await open();
    const socket = await dial(house.port);
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`);
    expect(await hearOut(socket)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
    expect(house.listener.connections).toBe(0);
  });

  test('survives an upgrade whose sender is gone before the answer', async () => {
    await open();
    const socket = await dial(house.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resetAndDestroy();
    const [client, session] = await Promise.all([house.open('/'), house.crosscomm.next()]);
    client.send('fine');
    await session.until(({ texts }) => texts.length === 1);
    expect(session.texts).toEqual(['fine']);
  });

  test('turns away one connection too many with 503', async () => {
    await open({ maxConnections: 1 });
    await house.open('/');
    const socket = await house.upgrade('/', false);
    expect(await hearOut(socket)).toMatch(/^HTTP\/1\.1 503 .*"code":"PEER_TOO_MANY".*try again later\."\}\}$/s);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_TOO_MANY': 1 });
  });

  test.each(['/', '/ws', '/mqtt'])('refuses a message of 100 MB on %s at its header', async (path) => {
    await open({ acceptMqtt: (stream) => stream.resume() });
    const socket = await house.upgrade(path);
    socket.write(Buffer.from('81ff0000000005f5e10000000000', 'hex'));
    socket.end();
    expect((await hearOut(socket)).slice(-2)).toBe('\x03\xf1');
  });

  test.each([
    ['bytes that are no frame', 'ffffffffffffffff', '\x03\xea'],
    ['a frame without a mask', '810178', '\x03\xea'],
    ['text that is not UTF-8', '818200000000fffe', '\x03\xef'],
  ])('ends a connection that sends %s, in its own words', async (_what, hex, code) => {
    await open();
    const [socket, session] = await Promise.all([house.upgrade('/'), house.crosscomm.next()]);
    socket.end(Buffer.from(hex, 'hex'));
    expect((await hearOut(socket)).slice(-2)).toBe(code);
    await session.until(({ gone }) => gone);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_MALFORMED': 1 });
  });

  test('reads a message that arrives byte by byte', async () => {
    await open();
    const [socket, session] = await Promise.all([house.upgrade('/'), house.crosscomm.next()]);
    const text = Buffer.from('grüß dich 👋');
    for (const byte of Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), text])) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await session.until(({ texts }) => texts.length === 1);
    expect(session.texts).toEqual(['grüß dich 👋']);
    socket.destroy();
  });

  test('leaves plain HTTP alone', async () => {
    await open();
    const response = await fetch(`http://127.0.0.1:${house.port}/`);
    expect(await response.text()).toBe('plain');
  });

  test('says goodbye when it is closed, and turns everyone away after that', async () => {
    await open();
    const client = await house.open('/');
    const [mute, session] = await Promise.all([house.upgrade('/'), house.crosscomm.next()]);
    const ended = ending(client);
    const closed = house.listener.close(500);
    expect(await ended).toBe('1012 the gateway is stopping');
    expect(await hearOut(await house.upgrade('/', false))).toMatch(/^HTTP\/1\.1 503 /);
    house.clock.advance(500);
    await closed;
    expect(session.gone).toBe(true);
    expect(house.listener.connections).toBe(0);
    mute.destroy();
  });

  test('serves 1,000 connections that come at once', async () => {
    await open();
    house.crosscomm.onText = ({ wire }, text) => wire.write(textFrame(`welcome ${text}`));
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const client = await house.open('/');
        client.send(`${index}`);
        return hear(client);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, index) => `welcome ${index}`));
    expect(house.listener.connections).toBe(1000);
  });
});
