import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { DeliverPolicy, DiscardPolicy, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { type ConnectionOptions, connect, createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { subjectOf } from '../../../src/integrations/nats/subjects.ts';

// What the code of integrations/nats relies on of NATS, without any of that code: an update that changes one of these fails here.

const SOON = { timeout: 30_000, interval: 10 };
/** Of a question to JetStream; a slow disk takes seconds for some. */
const PATIENT = { timeout: 30_000 };
let server: NatsServer;
const connections: NatsConnection[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
});
afterAll(() => server.stop());

async function connected(url = server.url, options: ConnectionOptions = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: [url], noEcho: true, maxReconnectAttempts: -1, ...options });
  connections.push(connection);
  return connection;
}

async function stream(connection: NatsConnection, name: string, settings: { max_bytes?: number } = {}) {
  const manager = await jetstreamManager(connection, PATIENT);
  const kind = { storage: StorageType.File, discard: DiscardPolicy.Old };
  return { manager, info: await manager.streams.add({ name, subjects: [`${name}.>`], ...kind, ...settings }) };
}

/** Publishes to a stream with an inbox for the answers; what these say, in their order. */
function publishing(connection: NatsConnection) {
  const inbox = createInbox();
  const answers: Msg[] = [];
  connection.subscribe(`${inbox}.>`, { callback: (_, message) => void answers.push(message) });
  let count = 0;
  const publish = (subject: string, text = 'x'): void =>
    connection.publish(subject, text, { reply: `${inbox}.0.${count++}` });
  return { answers, publish };
}

/** Reads a stream by an ordered consumer from a sequence on, until `most` messages have come. */
async function read(
  connection: NatsConnection,
  name: string,
  from: number,
  most: number,
  timeout = PATIENT.timeout,
): Promise<[number, string][]> {
  const consumer = await jetstream(connection, { timeout }).consumers.get(name, {
    ...{ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from },
  });
  const found: [number, string][] = [];
  const messages = await consumer.consume({ max_messages: 100 });
  for await (const message of messages) {
    found.push([message.seq, message.string()]);
    if (found.length === most) break;
  }
  messages.stop();
  return found;
}

describe('a stream', () => {
  test('acknowledges a plain publication to the reply subject that it names, in the order of publications', async () => {
    const connection = await connected();
    await stream(connection, 'acks');
    const { answers, publish } = publishing(connection);
    for (let index = 0; index < 500; index++) publish('acks.a');
    await expect.poll(() => answers.length, SOON).toBe(500);
    expect(answers.map(({ subject }) => Number(subject.split('.').at(-1)))).toEqual([...answers.keys()]);
    expect(answers[7]?.json()).toMatchObject({ stream: 'acks', seq: 8 });
  });

  test('that is missing is answered for at once, with nothing in the answer', async () => {
    const { answers, publish } = publishing(await connected());
    publish('nowhere.a');
    await expect.poll(() => answers.length, SOON).toBe(1);
    expect(answers[0]?.data).toHaveLength(0);
    expect(answers[0]?.headers?.code).toBe(503);
  });

  test('is read in its order from any sequence on, with what one published oneself', async () => {
    const connection = await connected();
    await stream(connection, 'order');
    const { answers, publish } = publishing(connection);
    for (let index = 1; index <= 1000; index++) publish(`order.${index % 7}`, String(index));
    await expect.poll(() => answers.length, SOON).toBe(1000);
    const found = await read(connection, 'order', 401, 600);
    expect(found).toEqual(Array.from({ length: 600 }, (_, index) => [401 + index, String(401 + index)]));
  });

  test('that is full drops its oldest and refuses nothing, and says where it begins now', async () => {
    const connection = await connected();
    const { manager } = await stream(connection, 'full', { max_bytes: 20_000 });
    const { answers, publish } = publishing(connection);
    for (let index = 0; index < 100; index++) publish('full.a', 'x'.repeat(1000));
    await expect.poll(() => answers.length, SOON).toBe(100);
    expect(answers.every((answer) => !answer.string().includes('error'))).toBe(true);
    const { state } = await manager.streams.info('full');
    expect(state.last_seq).toBe(100);
    expect(state.first_seq).toBeGreaterThan(80);
  });

  test('that takes the place of another one begins at 1, and was created at another time', async () => {
    const connection = await connected();
    const { manager, info } = await stream(connection, 'again');
    const { answers, publish } = publishing(connection);
    publish('again.a');
    await expect.poll(() => answers.length, SOON).toBe(1);
    await manager.streams.delete('again');
    const { info: later } = await stream(connection, 'again');
    expect(later.created).not.toBe(info.created);
    expect(later.state.last_seq).toBe(0);
    expect((await manager.streams.info('again')).created).toBe(later.created);
  });

  test('has what it acknowledged when its server was killed, and the client comes back by itself', async () => {
    const own = await NatsServer.start();
    const connection = await connected(own.url, { reconnectTimeWait: 50 });
    await stream(connection, 'kept');
    const { answers, publish } = publishing(connection);
    for (let index = 1; index <= 300; index++) publish('kept.a', String(index));
    await expect.poll(() => answers.length, SOON).toBe(300);
    await own.kill();
    await own.again();
    await expect
      // What is asked while the connection comes back may get lost.
      .poll(async () => (await read(connection, 'kept', 300, 1, 2000).catch(() => []))[0], SOON)
      .toEqual([300, '300']);
    await connection.close();
    await own.stop();
  }, 60_000);

  test('may refuse what other subscribers have heard', async () => {
    const connection = await connected();
    const manager = await jetstreamManager(connection, PATIENT);
    await manager.streams.add({ name: 'small', subjects: ['small.>'], max_msg_size: 10 });
    const other = await connected();
    const heard: string[] = [];
    other.subscribe('small.>', { callback: (_, message) => void heard.push(message.string()) });
    await other.flush();
    const { answers, publish } = publishing(connection);
    publish('small.a', 'x'.repeat(11));
    await expect.poll(() => answers.length, SOON).toBe(1);
    expect(answers[0]?.json()).toMatchObject({ error: { description: expect.any(String) } });
    await expect.poll(() => heard, SOON).toEqual(['x'.repeat(11)]);
  });
});

describe('a connection', () => {
  test('loses what is published while it is broken, without a word', async () => {
    const way = await CuttableWay.open(server.port);
    const connection = await connected(way.url, { reconnectTimeWait: 20 });
    const other = await connected();
    const heard: string[] = [];
    other.subscribe('lost.>', { callback: (_, message) => void heard.push(message.string()) });
    await other.flush();
    const statuses = connection.status()[Symbol.asyncIterator]();
    await way.cut();
    while ((await statuses.next()).value.type !== 'disconnect');
    connection.publish('lost.a', 'while broken');
    // Each attempt drops what waits.
    while ((await statuses.next()).value.type !== 'reconnecting');
    await way.mend();
    while ((await statuses.next()).value.type !== 'reconnect');
    connection.publish('lost.a', 'afterwards');
    await expect.poll(() => heard, SOON).toContain('afterwards');
    expect(heard).toEqual(['afterwards']);
    await connection.close();
    await way.close();
  });

  test('throws at more than the server takes, and says how much that is; a subject of over 4,096 bytes ends it', async () => {
    const connection = await connected(server.url, { reconnect: false });
    const most = connection.info?.max_payload ?? 0;
    expect(most).toBe(1024 * 1024);
    expect(() => connection.publish('size.a', new Uint8Array(most + 1))).toThrow(/max_payload/i);
    connection.publish('size.a', new Uint8Array(most));
    connection.publish('x'.repeat(3000));
    await connection.flush();
    connection.publish('x'.repeat(5000));
    expect(String(await connection.closed())).toMatch(/maximum control line|closed/i);
  });

  test('hands a message to each of its subscriptions that matches, and to none of it what it said itself', async () => {
    const [one, two] = [await connected(), await connected()];
    const heard: string[] = [];
    for (const subject of ['both.a', 'both.>', 'both.*'])
      two.subscribe(subject, { callback: (_, message) => void heard.push(message.string()) });
    await two.flush();
    two.publish('both.a', 'own');
    one.publish('both.a', 'other');
    await expect.poll(() => heard.length, SOON).toBe(3);
    await two.flush();
    expect(heard).toEqual(['other', 'other', 'other']);
  });
});

test('a key of a bucket with a time to live goes by itself, and whoever watches is told; names as subjects are keys', async () => {
  const connection = await connected();
  const manager = new Kvm(jetstream(connection, PATIENT));
  const bucket = await manager.create('living', { history: 1, ttl: 1000, markerTTL: 1000, storage: 'memory' });
  const name = subjectOf('a room/Küche #1+/$') ?? '';
  const seen: string[] = [];
  const watch = await bucket.watch();
  void (async () => {
    for await (const { key, operation } of watch) seen.push(`${key} ${operation}`);
  })();
  await bucket.put(name, 'here');
  await expect.poll(() => seen.length, SOON).toBe(2);
  expect(seen).toEqual([`${name} PUT`, expect.stringMatching(/^a=20room.* (DEL|PURGE|EXPIRED)$/)]);
});
