import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const MIB = 1024 * 1024;
/** What each slow reader is sent. */
const FLOOD_BYTES = 256 * MIB;
/** What the gateway may grow by, whatever a peer does: garbage comes to more than what it may keep for slow readers. */
const MAX_GROWTH_BYTES = 192 * MIB;

/** Bytes without any order, the same at each run. */
const NOISE = createHash('shake256', { outputLength: 4096 }).update('noise').digest();
const TLS_HELLO = Buffer.from('16030100c8010000c40303', 'hex');
const HTTP_REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
const MQTT_CONNECT = Buffer.from('101000044d5154540402003c000474657374', 'hex');

/** With little memory, as on a small Pi, garbage is collected soon, however busy the machine is. */
const SMALL = { NODE_OPTIONS: '--max-old-space-size=96' };

const gateway = new GatewayProcess(
  {
    // Long enough for clients of a machine that is busy, which answer and say who they are in their own time.
    oocsi: { pingAfterMs: 300, timeoutMs: 4000 },
    limits: { handshakeTimeoutMs: 4000, maxQueueBytes: 2 * MIB, maxTotalQueueBytes: 8 * MIB },
    log: { level: 'warn' },
  },
  SMALL,
);

type ListenerName = 'http' | 'oocsi' | 'mqtt';

async function dial(listener: ListenerName): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port: gateway.ready[listener].port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything a connection says until it is closed. */
async function hearOut(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // `once` of node:events would throw where it is reset.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

async function upgrade(path: string): Promise<Socket> {
  const socket = await dial('http');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

describe('whatever a peer does, everyone else keeps the gateway', () => {
  let speaker: OocsiClient;
  let listener: OocsiClient;
  let residentBefore: number;
  let round = 0;
  /** What the gateway says to connections that it gives seconds: they wait beside the other tests. */
  let patient: Record<'hello' | 'lineless' | 'silent' | 'unanswered', Promise<string>>;

  beforeAll(async () => {
    await gateway.start();
    speaker = await OocsiClient.connect(gateway.ready.oocsi.port, 'speaker');
    listener = await OocsiClient.connect(gateway.ready.oocsi.port, 'listener');
    listener.send('subscribe canary');
    await listener.settle();
    const [hello, lineless, silent, unanswered] = await Promise.all([
      dial('oocsi'),
      dial('oocsi'),
      dial('mqtt'),
      dial('oocsi'),
    ]);
    hello.write(TLS_HELLO);
    // It reads, and never answers a ping: as a client behind a Wi-Fi that has vanished.
    unanswered.write('gone(JSON)\n');
    patient = {
      hello: hearOut(hello),
      lineless: hearOut(lineless),
      silent: hearOut(silent),
      unanswered: hearOut(unanswered),
    };
    residentBefore = await gateway.residentBytes();
  });
  afterEach(async () => {
    round++;
    speaker.send(`sendraw canary {"round":${round}}`);
    expect(await listener.takeLine((line) => line.includes(`"round":${round}`))).toContain('"sender":"speaker"');
    expect((await gateway.residentBytes()) - residentBefore).toBeLessThan(MAX_GROWTH_BYTES);
  });
  afterAll(async () => {
    speaker?.close();
    listener?.close();
    await gateway.dispose();
  });

  test.each([
    ['random bytes', NOISE],
    ['an HTTP request', HTTP_REQUEST],
  ])('%s on the OOCSI port end that connection', async (_what, bytes) => {
    const socket = await dial('oocsi');
    socket.write(bytes);
    expect(await hearOut(socket)).toMatch(/^error \(.+\);?\n$/);
  });

  test.each([
    ['random bytes', Buffer.concat([Buffer.from([0]), NOISE])],
    ['a TLS hello', TLS_HELLO],
    ['an HTTP request', HTTP_REQUEST],
    ['a packet that claims 100 MB', Buffer.concat([MQTT_CONNECT, Buffer.from([0x30, 0x80, 0xc2, 0xd7, 0x2f])])],
    ['a length that never ends', Buffer.concat([MQTT_CONNECT, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])])],
  ])('%s on the MQTT port end that connection', async (_what, bytes) => {
    const socket = await dial('mqtt');
    socket.write(bytes);
    await hearOut(socket);
    expect(socket.closed).toBe(true);
  });

  test('an MQTT packet cut off at any byte ends with its connection', async () => {
    for (let length = 1; length < MQTT_CONNECT.length; length++) {
      const socket = await dial('mqtt');
      socket.end(MQTT_CONNECT.subarray(0, length));
      await hearOut(socket);
      expect(socket.closed).toBe(true);
    }
  });

  test.each([
    ['random bytes', NOISE],
    ['a TLS hello', TLS_HELLO],
  ])('%s on the HTTP port are answered with 400', async (_what, bytes) => {
    const socket = await dial('http');
    socket.write(bytes);
    expect(await hearOut(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each(['/', '/ws', '/mqtt'])('a WebSocket frame of 100 MB on %s is refused at its header', async (path) => {
    const socket = await upgrade(path);
    socket.write(Buffer.from('81ff0000000005f5e10000000000', 'hex'));
    await hearOut(socket);
    expect(socket.closed).toBe(true);
  });

  test('a line that never ends is refused in words, and its sender may go on', async () => {
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, 'endless');
    client.socket.write(`sendraw canary {"x":"${'x'.repeat(3 * MIB)}`);
    expect(await client.takeLine((line) => line.startsWith('error'))).toContain('line too long');
    client.send('"}');
    await client.settle();
    client.close();
  });

  test('JSON nested 100,000 levels deep is nobody else’s problem', async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, 'deep');
    client.send(`sendraw canary ${deep}`);
    await client.settle();
    client.close();
    const crosscomm = new WebSocket(`ws://127.0.0.1:${gateway.ready.http.port}/`);
    await once(crosscomm, 'open');
    crosscomm.send(deep);
    crosscomm.send(deep.replaceAll('{"a":', '[').replaceAll('}', ']'));
    crosscomm.close();
    await once(crosscomm, 'close');
    const mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`);
    await mqtt.publishAsync('canary-mqtt', deep, { qos: 1 });
    await mqtt.endAsync();
    expect(listener.kept.some((line) => line.includes('"a":{"a":'))).toBe(false);
  });

  test('a TLS hello on the OOCSI port ends that connection', async () => {
    expect(await patient.hello).toMatch(/^error \(.+\);?\n$/);
  });

  test('a connection that says nothing is closed', async () => {
    await expect(Promise.all([patient.lineless, patient.silent])).resolves.toHaveLength(2);
  });

  test('a client whose other end is gone is taken offline', async () => {
    expect(await patient.unanswered).toContain('ping');
    listener.send('clients');
    expect((await listener.takeLine((line) => line.includes('speaker'))).split(',')).not.toContain('gone');
  });

  test.each(['oocsi', 'mqtt', 'http'] as const)('1,000 connections at once on %s are all served', async (listener) => {
    const greetings: Record<ListenerName, (index: number) => Buffer | string> = {
      oocsi: (index) => `crowd-${index}(JSON)\n`,
      mqtt: (index) => {
        const id = Buffer.from(`crowd-${String(index).padStart(4, '0')}`);
        return Buffer.concat([
          Buffer.from([0x10, 12 + id.length]),
          Buffer.from('00044d5154540402003c', 'hex'),
          Buffer.from([0, id.length]),
          id,
        ]);
      },
      http: () => 'GET /channels HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n',
    };
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const socket = await dial(listener);
        socket.write(greetings[listener](index));
        const [answer] = (await once(socket, 'data')) as [Buffer];
        return { socket, answer };
      }),
    );
    const expected = { oocsi: 'welcome', mqtt: '\x20\x02\x00\x00', http: '200 OK' }[listener];
    expect(sockets.filter(({ answer }) => answer.toString('latin1').includes(expected))).toHaveLength(1000);
    for (const { socket } of sockets) socket.destroy();
  });

  test('every fault was counted by listener and kind, and explained in the log', async () => {
    const { incidents } = (await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`).then((answer) =>
      answer.json(),
    )) as { incidents: Record<string, number> };
    expect(incidents).toMatchObject({
      'oocsi PEER_BAD_NAME': expect.any(Number),
      'oocsi PEER_LINE_TOO_LONG': expect.any(Number),
      'oocsi PEER_TIMEOUT': expect.any(Number),
      'oocsi PEER_MALFORMED': expect.any(Number),
      'mqtt PEER_MALFORMED': expect.any(Number),
      'mqtt PEER_TOO_LARGE': expect.any(Number),
      'crosscomm PEER_MALFORMED': expect.any(Number),
    });
    for (const word of [/(TLS)/, /(HTTP)/]) await gateway.program.errorLine(word);
  });

  test.each(['oocsi', 'crosscomm', 'mqtt'])(
    'a slow reader on %s costs nobody else a message',
    async (listener) => {
      const channel = `flood-${listener}`;
      const slow = await subscribeAndNeverRead(listener, channel);
      const fast = await OocsiClient.connect(gateway.ready.oocsi.port, `fast-${listener}`);
      fast.send(`subscribe ${channel}`);
      await fast.settle();
      const filler = 'x'.repeat(MIB / 2);
      for (let number = 0; number < FLOOD_BYTES / filler.length; number++) {
        speaker.send(`sendraw ${channel} {"filler":"${filler}","number":${number}}`);
        // One at a time for the fast reader, so that only the slow one falls behind.
        expect(await fast.take(channel)).toMatchObject({ number });
      }
      expect((await gateway.residentBytes()) - residentBefore).toBeLessThan(MAX_GROWTH_BYTES);
      slow.destroy();
      fast.close();
    },
    180_000,
  );
});

/** Joins by a bare socket, subscribes, and stops reading. */
async function subscribeAndNeverRead(listener: string, channel: string): Promise<{ destroy(): void }> {
  if (listener === 'oocsi') {
    const socket = await dial('oocsi');
    socket.write(`slow(JSON)\nsubscribe ${channel}\n`);
    await once(socket, 'data');
    return socket.pause();
  }
  if (listener === 'mqtt') {
    const socket = await dial('mqtt');
    socket.write(MQTT_CONNECT);
    await once(socket, 'data');
    const topic = Buffer.from(channel);
    socket.write(Buffer.from([0x82, topic.length + 5, 0, 1, 0, topic.length, ...topic, 0]));
    await once(socket, 'data');
    return socket.pause();
  }
  const client = new WebSocket(`ws://127.0.0.1:${gateway.ready.http.port}/`);
  await once(client, 'open');
  const frame = (type: string, content: unknown): string =>
    JSON.stringify({
      msg_id: '1',
      from_client_id: 'slow-crosscomm',
      to_client_id: 'server',
      msg_type: type,
      content,
      timestamp: 1.5,
      oss_key: null,
    });
  // Both answers may come at once.
  const answered = new Promise<void>((resolve) => {
    let answers = 0;
    client.on('message', () => {
      answers++;
      if (answers === 2) resolve();
    });
  });
  client.send(frame('login', {}));
  client.send(frame('dict', { subscribe: [channel] }));
  client.send(frame('list_clients', '{}'));
  await answered;
  client.pause();
  return { destroy: () => client.terminate() };
}
