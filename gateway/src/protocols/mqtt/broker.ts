import type { Duplex } from 'node:stream';
import type { AedesOptions } from 'aedes';
import type { Admission } from '../../access/admission.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { MAX_CLIENT_ID_LENGTH } from '../../common/names.ts';
import type { Clock } from '../../hub/clock.ts';
import type { Egress } from '../../hub/egress.ts';
import type { Hub } from '../../hub/hub.ts';
import { Broker, type BrokerClient, type BrokerPacket, type Publication } from '../../mqtt-engine/aedes/core.ts';
import { MqttPersistence } from '../../mqtt-engine/aedes/persistence.ts';
import { BAD_LEVEL, beStrict } from '../../mqtt-engine/aedes/strict-parser.ts';
import { type BrokerDb, OrderedDb } from '../../mqtt-engine/store/ordered-db.ts';
import { type QoS, SubscriptionIndex } from '../../mqtt-engine/store/subscriptions.ts';
import { MqttStream } from '../../mqtt-engine/stream.ts';
import { MAX_TOPIC_LEVELS } from '../../mqtt-engine/topic-names.ts';
import type { Incidents } from '../../observability/incidents.ts';
import type { Log } from '../../observability/log.ts';
import { type QueueBudget, WriteTurn } from '../../transports/outbox.ts';
import type { FrameWire } from '../frames/wire.ts';
import { Access } from './access.ts';
import { MqttEgress } from './egress.ts';
import type { TakeFile } from './files.ts';
import { type MqttFrameLink, MqttFrames } from './frames.ts';
import { MqttIngress } from './ingress.ts';
import { Presence } from './presence.ts';
import type { MqttSession } from './session.ts';
import { isChannelTopic } from './topics.ts';

export interface MqttBrokerOptions {
  hub: Hub;
  access: Admission;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  /** A number from 0 up to but not including 1. Default: of Math.random. */
  random?: () => number;
  /** An opened level database, for this alone. */
  db: BrokerDb;
  /** The longest packet, its fixed header included. */
  maxPacketBytes: number;
  /** A client that takes nothing of what waits for it for so long is disconnected. */
  drainTimeoutMs: number;
  /** How much waits for one client. */
  maxQueueBytes: number;
  /** How much waits for all clients of the gateway together. */
  budget: QueueBudget;
  /** How long a new connection may take to introduce itself. */
  handshakeTimeoutMs: number;
  /** How many messages wait on disk for one client that is away; the newest are dropped. Default 10,000. */
  maxQueuedMessages?: number;
  /** How many bytes wait on disk for all of them; one has a quarter at most. Default 256 MiB. */
  maxQueuedBytes?: number;
  /** How many persistent sessions there may be. Default 2000. */
  maxSessions?: number;
  /** How long the session of a client that is away is kept, measured while the gateway runs; 0 is for ever. Default 0. */
  sessionExpiryMs?: number;
}

const RUN_KEY = 'crosscomm:run';
/** Packets that a client may send before it is told that it is connected. */
const MAX_EARLY_PACKETS = 4096;
/** Messages of quality 2 that one client may leave unreleased. Only their numbers are kept. */
const MAX_UNRELEASED = 65_535;
/** aedes' own drain timer must not fire; the stream has one that knows progress from standstill. */
const NEVER_MS = 2 ** 31 - 1;
/** How often sessions of clients that are long away are looked for. */
const EXPIRY_CHECK_MS = 3_600_000;
/** Connections that do not close by themselves are cut after this at shutdown. */
const CLOSE_MS = 500;

/** Opens the MQTT door: aedes, its sessions on disk, and its mapping to the hub. */
export async function createMqttBroker(options: MqttBrokerOptions): Promise<MqttBroker> {
  const db = new OrderedDb(options.db, (key) => {
    const what = key.slice(0, key.indexOf(':')) || 'a value';
    const message = `A value of the MQTT broker on the disk (${what}) is not what was written and is left out; the SD card may be failing.`;
    options.incidents.report({ door: 'mqtt', who: 'the database', code: 'DATA_DAMAGED', message });
  });
  // Queued messages are sorted by this id first, so a later run's must sort after an earlier run's.
  const run = Number((await db.get(RUN_KEY))?.toString() ?? 0) + 1;
  await db.put(RUN_KEY, Buffer.from(String(run)));
  const broker = new MqttBroker(options, db, `run-${String(run).padStart(10, '0')}`);
  await broker.open();
  return broker;
}

/** The MQTT door. */
export class MqttBroker {
  /** To be attached to the hub. */
  readonly egress: Egress;
  readonly #options: MqttBrokerOptions;
  readonly #broker: Broker;
  readonly #db: OrderedDb;
  readonly #persistence: MqttPersistence;
  readonly #access: Access;
  readonly #presence: Presence;
  readonly #ingress: MqttIngress;
  #frames: MqttFrames | undefined;
  #takeFile: TakeFile | undefined;
  #stopExpiry: () => void = ignore;
  readonly #turn = new WriteTurn();
  readonly #streams = new Set<MqttStream>();
  readonly #sessions = new Map<string, MqttSession>();
  readonly #index = new SubscriptionIndex((id) => this.#sessions.has(id));

  /** Use `createMqttBroker`. `id` names this run of the broker; ids of later runs must sort after it. */
  constructor(options: MqttBrokerOptions, db: OrderedDb, id: string) {
    this.#options = options;
    this.#db = db;
    const { hub, clock, incidents } = options;
    const index = this.#index;
    this.#persistence = new MqttPersistence(
      db,
      index,
      {
        maxQueued: options.maxQueuedMessages ?? 10_000,
        maxQueuedBytes: options.maxQueuedBytes ?? 256 * 1024 * 1024,
        maxSessions: options.maxSessions ?? 2000,
      },
      {
        queueFull: (id, topic) =>
          this.#report(id, 'PEER_TOO_SLOW', `is away and there is no room in its queue: a message to ${topic} is lost`),
        retainedFull: (id = 'the gateway', topic) => {
          const what = `published a message to be retained on ${topic}, for which there is no room (limits.maxRetained, limits.maxRetainedBytes, a share of them for each client and address): it is delivered but not kept, nor is what was retained there before`;
          this.#report(id, 'PEER_TOO_MANY', what);
        },
        unfitTopic: (topic) =>
          options.log.warn(
            { topic },
            'A retained message of an earlier version was removed: common clients cannot take its topic.',
          ),
      },
      () => clock.monotonicMs(),
      hub.retainedBudget,
    );
    const access = new Access({
      hub,
      admission: options.access,
      clock,
      incidents,
      persistence: this.#persistence,
      random: options.random ?? Math.random,
      broker: () => this.#broker,
      session: (client) => this.#sessions.get(client),
      frames: () => this.#frames,
      takeFile: () => this.#takeFile,
      enter: (session) => this.#sessions.set(session.id, session),
      leave: (session) => this.#leave(session),
    });
    this.#access = access;
    this.#broker = new Broker(
      { id, ...this.#aedesOptions() },
      { persistence: this.#persistence, index, tap: (packet) => this.#pass(packet) },
    );
    const publish = (publication: Publication): void => {
      if (!this.#broker.closed) this.#broker.publish(publication, ignore);
    };
    this.#presence = new Presence(
      hub,
      (topic) => {
        const { count, qos } = index.reach(topic);
        return count > 0 ? qos : undefined;
      },
      publish,
    );
    this.egress = new MqttEgress({
      index,
      isOnline: (client) => this.#sessions.has(client),
      publish,
      hold: (topic, payload) => this.#persistence.retained.hold(topic, payload),
      forget: (topic) => this.#forget(topic),
    });
    this.#ingress = new MqttIngress({
      hub,
      clock,
      egress: this.egress,
      session: (client) => this.#sessions.get(client),
      frames: () => this.#frames,
      isKept: (topic) => this.#persistence.retained.get(topic) !== undefined,
    });
    this.#listen();
  }

  /** Loads what is on disk. */
  async open(): Promise<void> {
    await this.#broker.listen();
  }

  /**
   * Shows the hub what is retained here, and publishes the last wills of clients that were connected when the gateway
   * was killed. Call it once, when the hub has its own state back and this broker's egress is attached.
   */
  async start(): Promise<void> {
    for (const packet of this.#persistence.retained.all()) {
      if (isChannelTopic(packet.topic) && this.#options.hub.retained(packet.topic) === undefined) {
        this.#ingress.mirror(packet, 'mqtt');
      }
    }
    const { sessionExpiryMs: expiryMs = 0, clock } = this.#options;
    if (expiryMs > 0) this.#stopExpiry = clock.every(EXPIRY_CHECK_MS, () => void this.#expire(expiryMs));
    const wills: BrokerPacket[] = [];
    for await (const will of this.#persistence.streamWill({})) wills.push(will as BrokerPacket);
    for (const will of wills) {
      this.#access.authorizePublish(null, will, (error) => {
        if (!error) this.#broker.publish(will, ignore);
      });
      await this.#persistence.delWill({ id: will.clientId ?? '' });
    }
  }

  async #expire(expiryMs: number): Promise<void> {
    try {
      const ids = await this.#persistence.expire(expiryMs);
      for (const client of ids)
        this.#options.log.info({ client }, 'The session of a client that was long away has ended.');
    } catch (error) {
      this.#broker.emit('error', error as Error);
    }
  }

  /** Lets devices speak frames by MQTT. Call it before anyone connects. */
  serveFrames(connect: (wire: FrameWire) => MqttFrameLink): void {
    this.#frames = new MqttFrames(this.#options.hub, this.#options.access, connect);
  }

  /** Resolves when what was published so far is on disk where it belongs there; rejects where it cannot be written. */
  written(): Promise<void> {
    return this.#db.barrier();
  }

  /** Lets clients publish files to `$files/<recipient>/<kind>/<name>`. Call it before anyone connects. */
  serveFiles(take: TakeFile): void {
    this.#takeFile = take;
  }

  /** Takes over a connection: a TCP socket, or the duplex of a WebSocket. `peer` is its address, for logs. */
  accept(stream: Duplex, peer: string): void {
    if (this.#broker.closed) {
      stream.destroy();
      return;
    }
    const connection = new MqttStream(stream, peer, this.#turn, this.#options.clock, this.#options, (of, fault) =>
      this.#report(of.client?.id ?? of.peer, fault.code, fault.message),
    );
    this.#streams.add(connection);
    connection.once('close', () => {
      this.#streams.delete(connection);
      const session = this.#sessions.get(connection.client.id);
      if (session?.client === connection.client) this.#leave(session);
    });
    const client = this.#broker.handle(connection as unknown as Duplex) as unknown as BrokerClient;
    beStrict(client._parser);
  }

  /**
   * Ends every connection. As the gateway closes them, not the clients, last wills are published (MQTT 3.1.1, section
   * 3.1.2.5): those retained or for persistent sessions are on disk when this resolves.
   */
  async close(): Promise<void> {
    if (this.#broker.closed) return;
    this.#presence.stop();
    this.#stopExpiry();
    for (const session of this.#sessions.values()) session.client.conn.reason = 'shutdown';
    const closed = new Promise<void>((resolve) => this.#broker.close(() => resolve()));
    for (const stream of this.#streams) if (!this.#sessions.has(stream.client.id)) stream.destroy();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([closed, timeout]);
    clearTimeout(timer);
    for (const stream of this.#streams) stream.destroy();
    await this.#persistence.settled();
  }

  #aedesOptions(): AedesOptions {
    const access = this.#access;
    const questions = {
      preConnect: access.preConnect.bind(access),
      authenticate: access.authenticate.bind(access),
      authorizePublish: access.authorizePublish.bind(access),
      authorizeSubscribe: access.authorizeSubscribe.bind(access),
      authorizeForward: access.authorizeForward.bind(access),
    };
    return {
      // The types differ only where aedes' leave out what is used here.
      ...(questions as unknown as Pick<AedesOptions, keyof typeof questions>),
      connectTimeout: this.#options.handshakeTimeoutMs,
      drainTimeout: NEVER_MS,
      queueLimit: MAX_EARLY_PACKETS,
      maxInflightInbound: MAX_UNRELEASED,
      maxClientsIdLength: MAX_CLIENT_ID_LENGTH,
      maxTopicLevels: MAX_TOPIC_LEVELS,
    };
  }

  #listen(): void {
    const broker = this.#broker as unknown as {
      on(event: string, listener: (...given: never[]) => void): void;
    };
    broker.on('subscribe', (subscriptions: { topic: string; qos: number }[], client: BrokerClient) => {
      const session = this.#sessions.get(client.id);
      if (session?.client !== client) return;
      void this.#sendRetained(client, subscriptions);
      for (const { topic, qos } of subscriptions) {
        if (qos > 2) continue;
        if (client.clean) this.#index.set({ id: client.id, filter: topic, qos: qos as QoS, durable: false });
        for (const publication of this.#presence.snapshot(topic)) {
          client.publish({ cmd: 'publish', ...publication }, ignore);
        }
      }
    });
    broker.on('unsubscribe', (filters: string[], client: BrokerClient) => {
      const session = this.#sessions.get(client.id);
      if (session?.client !== client || client.closed) return;
      for (const filter of filters) {
        session.revoke(filter);
        this.#index.delete(client.id, filter);
      }
    });
    broker.on('ping', (_packet: object, client: BrokerClient) => this.#options.hub.touch(client.id));
    broker.on('clientError', (client: BrokerClient, error: Error) => this.#explain(client, error));
    broker.on('connectionError', (client: BrokerClient, error: Error) => this.#explain(client, error));
    broker.on('error', (error: Error) => {
      const context = { code: 'DATA_DIR_UNUSABLE' as const, err: error };
      this.#options.log.error(context, 'The MQTT broker could not write to its database; is the disk full?');
    });
  }

  /**
   * Sends what is retained, for each new subscription at its quality of service, as fast as the client reads. What takes the
   * place of a message meanwhile comes to it live.
   */
  async #sendRetained(client: BrokerClient, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    const { retained } = this.#persistence;
    const granted = subscriptions.filter(({ qos }) => qos <= 2);
    const found = granted.flatMap(({ topic, qos }) => Array.from(retained.match(topic), (packet) => ({ packet, qos })));
    for (const { packet, qos } of found) {
      const { topic, payload, qos: given } = packet;
      if (client.closed) return;
      if (retained.get(topic) !== packet) continue;
      // Without a number of the broker's it is never taken for a duplicate.
      const copy = { cmd: 'publish', topic, payload, qos: Math.min(qos, given), retain: true } as BrokerPacket;
      await new Promise<void>((resolve) => client.deliverQoS(copy, resolve));
    }
  }

  /** Takes a client out of the hub; its connection is gone, or another one takes its place. */
  #leave(session: MqttSession): void {
    if (session.isOver) return;
    session.isOver = true;
    this.#frames?.leave(session);
    this.#index.deleteTransient(session.id);
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    const { client } = session;
    if (!client.clean) this.#persistence.seen(client.id);
    this.#options.hub.leave(session, client._disconnected ? 'left' : client.conn.reason);
  }

  #pass(packet: BrokerPacket): void {
    try {
      this.#ingress.pass(packet);
    } catch (error) {
      // Some publications come here from a promise, where an exception would end the gateway.
      const context = { code: 'INTERNAL' as const, err: error, topic: packet.topic };
      this.#options.log.error(context, 'A message from MQTT did not get into the hub.');
    }
  }

  /** Takes away a retained message that the hub asked for, without telling anyone. */
  #forget(topic: string): void {
    const packet = { cmd: 'publish', topic, payload: Buffer.alloc(0), qos: 0, retain: true };
    if (this.#persistence.retained.get(topic)) {
      this.#persistence.storeRetained(packet).catch((error: Error) => this.#broker.emit('error', error));
    }
  }

  /** Tells the log why aedes ended a connection. */
  #explain(client: BrokerClient, error: Error): void {
    const { message } = error;
    const stream = client.conn;
    if (stream.reported || message === 'connection closed' || (stream.destroyed && message === 'Premature close'))
      return;
    stream.reported = true;
    const who = client.id ?? stream.peer;
    if (message === 'keep alive timeout') {
      stream.reason = 'timeout';
      this.#report(who, 'PEER_TIMEOUT', 'sent nothing for one and a half of its keep-alive times and was disconnected');
    } else if (message === 'connect did not arrive in time') {
      stream.reason = 'timeout';
      this.#report(who, 'PEER_TIMEOUT', `sent no CONNECT for ${this.#options.handshakeTimeoutMs} ms`);
    } else if (message === 'unacceptable protocol version') {
      this.#report(who, 'PEER_MALFORMED', 'speaks MQTT 5, the gateway speaks 3.1.1 and 3.1; set the version to 3.1.1');
    } else if (message === BAD_LEVEL) {
      this.#report(who, 'PEER_MALFORMED', 'speaks a version of MQTT that nobody knows; set the version to 3.1.1');
    } else if (isOfDisk(error)) {
      stream.reason = 'error';
      this.#report(who, 'DATA_DIR_UNUSABLE', `was disconnected, as what it sent could not be written: ${message}`);
    } else {
      stream.reason = 'error';
      this.#report(who, 'PEER_MALFORMED', `was disconnected for a fault in what it sent: ${message}`);
    }
  }

  #report(who: string, code: ErrorCode, what: string): void {
    this.#options.incidents.report({ door: 'mqtt', who, code, message: `The MQTT client ${who} ${what}.` });
  }
}

function isOfDisk({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('LEVEL_') || code === 'ENOSPC' || code === 'DATA_DIR_UNUSABLE';
}

function ignore(): void {}
