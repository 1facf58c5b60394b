import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway } from '../../src/app/start-gateway.ts';

const LIMIT = 500_000;
const PIECE = 100_000;
const CONNECTIONS = 20;

let dataDir: string;
let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  const port = { host: '127.0.0.1', port: 0 };
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-'));
  gateway = await startGateway({
    dataDir,
    ...{ http: port, oocsi: port, mqtt: port, oss: port, osc: port, serial: { autoDetect: false } },
    limits: { maxTotalQueueBytes: LIMIT },
  });
});
afterAll(async () => {
  await gateway.stop();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

const upgrade = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n';
/** The beginning of a masked frame of 500,000 bytes. */
const frame = (opcode: number): Buffer => Buffer.from([0x80 | opcode, 0xff, 0, 0, 0, 0, 0, 7, 0xa1, 0x20, 0, 0, 0, 0]);
const mqttConnect = (level: number): Buffer => Buffer.from([0x10, 0xff, 0xff, 6, 0, 4, 77, 81, 84, 84, level, 2, 0, 0]);
const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${PIECE + 1}\r\n\r\n`;

/** What somebody sends who has proved nothing, before 100,000 bytes whose end never comes. */
const BEGINNINGS: [what: string, listener: 'http' | 'oocsi' | 'mqtt' | 'osc', first: string | Buffer, then?: Buffer][] =
  [
    ['a line of OOCSI', 'oocsi', 'a'],
    ['a CONNECT of MQTT 3.1.1', 'mqtt', mqttConnect(4)],
    ['a CONNECT of MQTT 5', 'mqtt', mqttConnect(5)],
    ['a packet of OSC', 'osc', Buffer.from([0, 7, 0, 0])],
    ['a message of OOCSI by WebSocket', 'http', upgrade('/ws'), frame(1)],
    ['a message of CrossComm', 'http', upgrade('/'), frame(1)],
    ['a frame of a device', 'http', upgrade('/'), frame(2)],
    ['a message of MQTT by WebSocket', 'http', upgrade('/mqtt'), frame(2)],
    ['a request to sign in', 'http', post('/api/v1/session')],
    ['a message by HTTP', 'http', post('/send/lamp')],
  ];

it.each(BEGINNINGS)('of %s only so much is held that nobody ends', async (_, listener, first, then) => {
  const sockets: Socket[] = [];
  let closed = 0;
  for (let count = 0; count < CONNECTIONS; count++) {
    const socket = connect((gateway.doors[listener] as { port: number }).port, '127.0.0.1');
    socket.on('error', () => {}).on('close', () => closed++);
    sockets.push(socket);
    socket.write(first);
    if (then !== undefined) {
      await once(socket, 'data');
      socket.write(then);
    }
    socket.write(Buffer.alloc(PIECE, 'a'));
  }
  const room = LIMIT / PIECE;
  await expect.poll(() => closed).toBeGreaterThanOrEqual(CONNECTIONS - room);
  expect(closed).toBeLessThan(CONNECTIONS);
  const answer = await fetch(`http://127.0.0.1:${gateway.doors.http.port}/api/v1/counters`);
  const { metrics } = (await answer.json()) as { metrics: { name: string; samples: { value: number }[] }[] };
  const held = metrics.find(({ name }) => name === 'crosscomm_incomplete_bytes')?.samples[0]?.value ?? 0;
  expect(held).toBeGreaterThanOrEqual(PIECE);
  expect(held).toBeLessThanOrEqual(LIMIT);
  for (const socket of sockets) socket.destroy();
});
