import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox } from '@nats-io/transport-node';

/**
 * @typedef {'gateway' | 'NATS client' | 'js.publish' | 'own inbox'} Kind
 * @typedef {{ kind: Kind, role: 'from' | 'to', isKept: boolean, url: string, index: string, folder: string, window: number, payloadBytes: number }} EndOptions
 * @typedef {{ send(payload: Buffer): Promise<void> | void, close(): Promise<void> }} End
 */

const STREAM = 'bench';
const SUBJECT = 'bench.lamp';
const CHANNEL = 'lamp';
/** How many publications of a client have no acknowledgement yet. */
const UNACKNOWLEDGED = 1000;

/** How many messages may still be sent, as far as it is known how many were heard. */
export class Credit {
  taken = 0;
  #window;
  #heard = 0;
  /** @type {(() => void) | undefined} */
  #wake;

  /** @param {number} window */
  constructor(window) {
    this.#window = window;
  }

  get isSpent() {
    return this.taken - this.#heard >= this.#window;
  }

  take() {
    if (this.isSpent) return false;
    this.taken++;
    return true;
  }

  /** @param {number} count of all that were heard */
  heard(count) {
    this.#heard = count;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** @returns {Promise<void>} */
  more() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/**
 * Opens one end, which is ready when this resolves.
 * @param {EndOptions} options
 * @param {(payload: Buffer) => void} take
 * @returns {Promise<End>}
 */
export function openEnd(options, take) {
  return options.kind === 'gateway' ? openGateway(options, take) : openClient(options, take);
}

/**
 * What a protocol of the bench is given: the hub, as far as it is used here.
 * @typedef {{ hub: { join(session: object): void, subscribe(session: object, channel: string): void, send(message: object): { delivered: number } } }} BenchHost
 */

/**
 * A gateway whose hub is spoken to, by no client protocol.
 * @param {EndOptions} options
 * @param {(payload: Buffer) => void} take
 * @returns {Promise<End>}
 */
async function openGateway({ role, isKept, url, index, folder }, take) {
  const { startGateway } = await import(new URL(index).href);
  /** @type {BenchHost | undefined} */
  let host;
  const protocol = {
    name: 'bench',
    traits: {},
    guide: { label: 'bench', ways: [] },
    start: async (/** @type {BenchHost} */ given) => {
      host = given;
      return {};
    },
  };
  const port = { host: '127.0.0.1', port: 0 };
  const gateway = await startGateway(
    { dataDir: folder, http: port, oss: port, cluster: { servers: [url], gateway: role } },
    { protocols: [protocol] },
  );
  if (host === undefined) throw new Error('the gateway started no protocol of the bench');
  const { hub } = /** @type {BenchHost} */ (host);
  const session = {
    id: `bench-${role}`,
    protocol: 'bench',
    deliver: (/** @type {{ body: Buffer }} */ { body }) => {
      take(body);
      return 'delivered';
    },
    close: () => {},
  };
  hub.join(session);
  if (role === 'to') hub.subscribe(session, CHANNEL);
  /** @param {Buffer} body */
  const send = (body) => {
    const shown = { from: session.id, to: CHANNEL, kind: 'bytes', body, timestampMs: Date.now() };
    const none = { id: undefined, objectKey: undefined, objectUrl: undefined, objectSize: undefined };
    return hub.send({ ...shown, ...none, isKept, encodings: [] });
  };
  while (role === 'from' && send(Buffer.alloc(0)).delivered === 0) await sleep(50);
  // The other has found its place in the stream by then.
  if (isKept) await sleep(1000);
  return { send: (payload) => void send(payload), close: () => gateway.stop() };
}

/**
 * A client of NATS: with a stream between the two where it is kept, and without otherwise.
 * @param {EndOptions} options
 * @param {(payload: Buffer) => void} take
 * @returns {Promise<End>}
 */
async function openClient({ kind, role, url }, take) {
  const connection = await connect({ servers: [url], noEcho: true });
  const close = () => connection.close();
  if (kind === 'NATS client') {
    if (role === 'to') connection.subscribe(SUBJECT, { callback: (_, { data }) => take(Buffer.from(data)) });
    await connection.flush();
    return { send: (payload) => connection.publish(SUBJECT, payload), close };
  }
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [`${STREAM}.>`], max_bytes: 1024 ** 3 });
  const stream = jetstream(connection);
  if (role === 'to') {
    const consumer = await stream.consumers.get(STREAM);
    await consumer.consume({ max_messages: 1000, callback: ({ data }) => take(Buffer.from(data)) });
    return { send: () => {}, close };
  }
  const unacknowledged = new Credit(UNACKNOWLEDGED);
  let acknowledged = 0;
  const isDone = () => unacknowledged.heard(++acknowledged);
  const inbox = createInbox();
  if (kind === 'own inbox') connection.subscribe(inbox, { callback: isDone });
  return {
    send: async (payload) => {
      if (!unacknowledged.take()) {
        await unacknowledged.more();
        unacknowledged.take();
      }
      if (kind === 'own inbox') connection.publish(SUBJECT, payload, { reply: inbox });
      else void stream.publish(SUBJECT, payload).then(isDone);
    },
    close,
  };
}
