import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHouse, type HouseOptions, type TestHouse } from '@crosscomm/testing/test-hub';
import { Level } from 'level';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Operation } from '../../src/common/group-commit.ts';
import { silentLog } from '../../src/common/log.ts';
import type { HubOptions } from '../../src/hub/hub.ts';
import { Message, type MessageInit } from '../../src/hub/message.ts';
import type { BrokerDb } from '../../src/mqtt-engine/store/disk.ts';
import { createMqttBroker, type MqttBroker, type MqttBrokerOptions } from '../../src/protocols/mqtt/broker.ts';
import { QueueBudget } from '../../src/transports/outbox.ts';

export interface Received {
  topic: string;
  text: string;
  qos: number;
  retain: boolean;
}

/** An MQTT.js client that remembers what it got, and lets a test wait for it. */
export class TestClient {
  readonly mqtt: MqttClient;
  readonly received: Received[] = [];
  #wake: (() => void)[] = [];

  constructor(client: MqttClient) {
    this.mqtt = client;
    client.on('error', () => {});
    client.on('message', (topic, payload, { qos, retain }) => {
      this.received.push({ topic, text: payload.toString(), qos, retain });
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** Waits until it got `count` messages in all. */
  async got(count: number): Promise<Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.received;
  }

  /** Texts by topic, as `topic=text`. */
  get lines(): string[] {
    return this.received.map(({ topic, text }) => `${topic}=${text}`);
  }
}

export interface TestBroker {
  house: TestHouse;
  broker: MqttBroker;
  port: number;
  /** What the log was told of what clients did wrong. */
  reports: readonly string[];
  /** Connects a client; rejects where it is refused. */
  connect(id: string, options?: IClientOptions): Promise<TestClient>;
  /** A bare connection. */
  dial(): Promise<net.Socket>;
  /** Ends the broker and begins another one on the same disk, with a hub of its own. */
  restart(): Promise<void>;
  /** The keys of everything that is on disk. */
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

type Overrides = Partial<MqttBrokerOptions & Pick<HubOptions, 'maxRetained' | 'maxRetainedBytes' | 'history'>> &
  Pick<HouseOptions, 'users' | 'prove' | 'quotas'> & {
    /** Is given each house before its broker begins. */
    prepare?: (house: TestHouse) => Promise<void>;
  };

/** A broker on a free port, with its database in a directory of its own, seen through `wrap`. */
export async function startBroker(
  overrides: Overrides = {},
  wrap: (db: BrokerDb) => BrokerDb = (db) => db,
): Promise<TestBroker> {
  const reports: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'crosscomm-mqtt-'));
  const clients = new Set<MqttClient>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    test.broker.accept(socket, `${socket.remoteAddress}:${socket.remotePort}`);
  });
  let db: Level<string, Buffer>;

  async function begin(): Promise<{ house: TestHouse; broker: MqttBroker }> {
    const { maxRetained = 10_000, maxRetainedBytes = 64_000_000, users, prove, quotas, history } = overrides;
    const warn = (_: object, text: string): unknown => reports.push(text);
    const limits = { maxRetained, maxRetainedBytes, ...(history && { history }) };
    const house = buildHouse({ ...limits, users, prove, quotas, log: { ...silentLog, warn } });
    await overrides.prepare?.(house);
    db = new Level<string, Buffer>(folder, { valueEncoding: 'buffer' });
    await db.open();
    const broker = await createMqttBroker({
      ...house,
      db: wrap(db),
      maxPacketBytes: 100_000,
      drainTimeoutMs: 5000,
      maxQueueBytes: 1_000_000,
      budget: new QueueBudget(64_000_000),
      handshakeTimeoutMs: 5000,
      ...overrides,
    });
    house.hub.attach(broker.egress);
    await broker.start();
    return { house, broker };
  }

  const test: TestBroker = {
    ...(await begin()),
    reports,
    port: 0,
    async connect(id, options = {}) {
      const client = mqtt.connect({
        host: '127.0.0.1',
        port: test.port,
        protocolVersion: 4,
        clientId: id,
        reconnectPeriod: 0,
        ...options,
      });
      clients.add(client);
      const wrapped = new TestClient(client);
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.once('error', reject);
        client.once('close', () => reject(new Error('the connection was closed')));
      });
      return wrapped;
    },
    async dial() {
      const socket = net.connect(test.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    },
    async restart() {
      await test.broker.close();
      await db.close();
      Object.assign(test, await begin());
    },
    async keys() {
      await test.broker.written();
      return await db.keys().all();
    },
    async close() {
      for (const client of clients) client.end(true);
      await test.broker.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await db.close();
      await rm(folder, { recursive: true, maxRetries: 5 });
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.port = (server.address() as net.AddressInfo).port;
  return test;
}

/** A database whose writes are done by `through`, which is given each. */
export function withWrites(through: (write: () => Promise<void>) => Promise<void>): (db: BrokerDb) => BrokerDb {
  return withBatches((operations, write) => through(() => write(operations)));
}

/** A database whose batches are seen, and written, by `through`. */
export function withBatches(
  through: (operations: Operation[], write: (operations: Operation[]) => Promise<void>) => Promise<void>,
): (db: BrokerDb) => BrokerDb {
  return (db) => ({
    getMany: db.getMany.bind(db),
    iterator: db.iterator.bind(db),
    batch: (operations, options) => through(operations, (changed) => db.batch(changed, options)),
  });
}

/** A message for the hub. */
export function message(init: Partial<MessageInit>): Message {
  return new Message({ from: 'python', to: 'led', kind: 'text', body: 'on', timestampMs: 0, ...init });
}

/** Everything that a socket is sent until it is closed. */
export async function readAll(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not by `once`, which an error would have reject: it is closed all the same.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

/** A string with its length before it (MQTT 3.1.1, section 1.5.3). */
export function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** A packet of the parts, with its fixed header. */
export function packet(header: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let left = body.length;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    length.push(left > 0 ? low | 128 : low);
  } while (left > 0);
  return Buffer.concat([Buffer.from([header, ...length]), body]);
}

/** A CONNECT of MQTT 3.1.1 with a clean session. */
export function connectPacket(id: string, level = 4, flags = 2): Buffer {
  const properties = level === 5 ? [Buffer.from([0])] : [];
  return packet(0x10, field('MQTT'), Buffer.from([level, flags, 0, 0]), ...properties, field(id));
}

export function publishPacket(topic: string, payload: Buffer | string): Buffer {
  return packet(0x30, field(topic), Buffer.from(payload));
}

export function subscribePacket(topic: string, qos = 0): Buffer {
  return packet(0x82, Buffer.from([0, 1]), field(topic), Buffer.from([qos]));
}
