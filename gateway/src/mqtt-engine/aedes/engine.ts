import type { Duplex } from 'node:stream';
import { MAX_CLIENT_ID_LENGTH } from '../../common/names.ts';
import { WriteTurn } from '../../transports/outbox.ts';
import type { Brought } from '../../transports/wire.ts';
import type { EngineHost, EngineRetained, EngineSession, MqttEngine, Publication, Reach } from '../contract.ts';
import { DEFAULT_MAX_SESSIONS, type EngineOptions } from '../options.ts';
import { LiveClients } from '../store/live-clients.ts';
import { MqttStore } from '../store/store.ts';
import { SubscriptionIndex } from '../store/subscription-index.ts';
import { MAX_TOPIC_LEVELS } from '../topic-names.ts';
import { AedesClient, ownerOf } from './client.ts';
import { ClientReader } from './client-reader.ts';
import { Connection } from './connection.ts';
import { Core } from './core.ts';
import { Listener } from './listener.ts';
import { AedesPersistence } from './persistence.ts';
import { asOptions, type CorePacket, handle, listen } from './private.ts';
import { Questions } from './questions.ts';

/** Packets that a client may send before it is told that it is connected. */
const MAX_EARLY_PACKETS = 4096;
/** Messages of QoS 2 that one client may leave unreleased. Only their numbers are kept. */
const MAX_UNRELEASED = 65_535;
/** aedes' own drain timer must not fire; the stream has one that knows progress from standstill. */
const NEVER_MS = 2 ** 31 - 1;
/** By this aedes tells its own messages from those of other brokers, of which there are none. */
const BROKER_ID = 'crosscomm';
/** Connections that do not close by themselves are cut after this at shutdown. */
const CLOSE_MS = 500;

/** aedes as a broker core: MQTT 3.1 and 3.1.1. Nobody outside this folder knows that it is there. */
export class AedesEngine<S extends EngineSession, H extends EngineHost<S>> implements MqttEngine<S> {
  readonly retained: EngineRetained;
  readonly host: H;
  readonly #options: EngineOptions;
  readonly #live = new LiveClients<AedesClient<S>>();
  readonly #index = new SubscriptionIndex(
    (id) => this.#live.has(id),
    (id, topic) => this.#mayGet(id, topic),
  );
  readonly #store: MqttStore;
  readonly #questions: Questions<S>;
  readonly #core: Core;
  readonly #turn = new WriteTurn();
  readonly #connections = new Set<Connection>();

  /** Use `openMqttEngine`. */
  constructor(options: EngineOptions, createHost: (engine: MqttEngine<S>) => H) {
    this.#options = options;
    const host = createHost(this);
    this.host = host;
    const index = this.#index;
    const store = this.#createStore();
    this.#store = store;
    const accountOf = (id: string): string | undefined => this.#live.get(id)?.session?.account;
    const persistence = new AedesPersistence({ store, index, accountOf });
    const questions: Questions<S> = new Questions({
      host,
      store,
      persistence,
      live: this.#live,
      sent: options.sent,
      core: () => this.#core,
      leave: (client) => this.#leave(client),
    });
    this.#questions = questions;
    const settings = {
      id: BROKER_ID,
      ...asOptions(questions.forAedes()),
      connectTimeout: options.handshakeTimeoutMs,
      drainTimeout: NEVER_MS,
      queueLimit: MAX_EARLY_PACKETS,
      maxInflightInbound: MAX_UNRELEASED,
      maxClientsIdLength: MAX_CLIENT_ID_LENGTH,
      maxTopicLevels: MAX_TOPIC_LEVELS,
    };
    this.#core = new Core(settings, {
      ...{ persistence, store },
      published: (packet) => host.published(packet),
      accountOf: (client) => ownerOf<S>(client).session?.account,
    });
    const { log, handshakeTimeoutMs } = options;
    listen(this.#core, new Listener({ host, store, persistence, log, handshakeTimeoutMs }).events());
    this.retained = {
      has: (topic) => store.retained.get(topic) !== undefined,
      own: (topic) => store.retained.own(topic),
      allOwn: () => store.retained.allOwn(),
      hold: (topic) => store.retained.hold(topic),
      clear: (topic) => {
        store.retained.clear(topic);
        store.commit((error) => error !== undefined && this.#core.emit('error', error as Error));
      },
    };
  }

  #createStore(): MqttStore {
    const { db, clock, log, retainedBudget, damaged, sessionExpiryMs = 0, ...options } = this.#options;
    const { host } = this;
    return new MqttStore({
      ...{ db, clock, log, retainedBudget, index: this.#index, askHeld: (topic) => host.held(topic) },
      limits: {
        maxQueued: options.maxQueuedMessages ?? 10_000,
        maxQueuedBytes: options.maxQueuedBytes ?? 256 * 1024 * 1024,
        maxSessions: options.maxSessions ?? DEFAULT_MAX_SESSIONS,
        maxExpiryMs: sessionExpiryMs > 0 ? sessionExpiryMs : Number.POSITIVE_INFINITY,
      },
      events: {
        damaged,
        queueFull: (id, topic) =>
          host.report(id, 'PEER_TOO_SLOW', `is away and there is no room in its queue: a message to ${topic} is lost`),
        retainedFull: (id = 'the gateway', topic) => {
          const what = `published a message to be retained on ${topic}, for which there is no room (limits.maxRetained, limits.maxRetainedBytes, a share of them for each client and address): it is delivered but not kept, nor is what was retained there before`;
          host.report(id, 'PEER_TOO_MANY', what);
        },
      },
    });
  }

  /** Loads what is on disk. */
  async open(): Promise<void> {
    await this.#store.open();
    await this.#core.listen();
  }

  async start(): Promise<void> {
    for (const { id, message } of [...this.#store.wills.all()]) {
      const { topic, payload, qos, retain, account } = message;
      const will: CorePacket = { cmd: 'publish', topic, payload, qos, retain, account, clientId: id };
      this.#questions.authorizePublish(null, will, (error) => {
        if (!error) this.#core.publish(will, ignore);
      });
      this.#store.wills.delete(id);
    }
  }

  accept(stream: Duplex, peer: string, brought: Brought): void {
    if (this.#core.closed) {
      stream.destroy();
      return;
    }
    const connection = new Connection(stream, {
      peer,
      turn: this.#turn,
      clock: this.#options.clock,
      limits: this.#options,
      onFault: ({ code, message }) => this.host.report(client.core.id ?? peer, code, message),
    });
    this.#connections.add(connection);
    connection.once('close', () => {
      this.#connections.delete(connection);
      this.#leave(client);
    });
    const core = handle(this.#core, connection);
    const client = new AedesClient<S>(core, { index: this.#index, sent: this.#options.sent, brought });
    ClientReader.attach(core, this.#options);
  }

  publish(publication: Publication): void {
    if (!this.#core.closed) this.#core.publish(publication, ignore);
  }

  reach(topic: string): Reach {
    return this.#index.reach(topic);
  }

  subscribers(filter: string): Iterable<string> {
    return this.#index.exact(filter);
  }

  session(id: string): S | undefined {
    return this.#live.get(id)?.session;
  }

  hasSession(id: string): boolean {
    return this.#store.sessions.get(id) !== undefined;
  }

  mayKeepSession(id: string): boolean {
    return this.#store.sessions.mayKeep(id);
  }

  endSessions(isGone: (account: string) => boolean): void {
    this.#store.sessions.endOf(isGone);
  }

  keepsFor(id: string, topic: string): boolean {
    return this.#index.isDurable(id) && !this.#live.has(id) && Boolean(this.#index.of(id).granted(topic));
  }

  written(): Promise<void> {
    return this.#store.committed();
  }

  async close(): Promise<void> {
    if (this.#core.closed) return;
    for (const client of this.#live.all()) client.noteReason('shutdown');
    const closed = new Promise<void>((resolve) => this.#core.close(() => resolve()));
    for (const connection of this.#connections) if (!(connection.owner as AedesClient<S>).isLive) connection.destroy();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([closed, timeout]);
    clearTimeout(timer);
    for (const connection of this.#connections) connection.destroy();
    await this.#store.close();
  }

  /** Whether a client that is online, or whose session is on disk, may get a message. */
  #mayGet(id: string, topic: string): boolean {
    const session = this.#live.get(id)?.session;
    if (session !== undefined) return this.host.mayReceive(session, topic);
    return this.host.mayReceiveLater(id, this.#store.sessions.get(id)?.account, topic);
  }

  /** Takes a client out; its connection is gone, or another one takes its place. Nothing where it was never let in. */
  #leave(client: AedesClient<S>): void {
    const { session, core } = client;
    if (session === undefined || !client.isLive) return;
    client.isOver = true;
    this.#index.deleteTransient(core.id);
    this.#live.leave(core.id, client);
    // Where it is not there any more, it has ended with its account.
    if (!core.clean) this.#store.sessions.left(core.id, Number.POSITIVE_INFINITY);
    this.host.left(session, core._disconnected ? 'left' : core.conn.reason);
  }
}

function ignore(): void {}
