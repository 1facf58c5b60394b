import type { Duplex } from 'node:stream';
import type { FilterWatch } from '../hub/egress.ts';
import { WriteTurn } from '../transports/outbox.ts';
import type { Brought } from '../transports/wire.ts';
import { AedesCore } from './aedes/core.ts';
import type {
  EngineHost,
  EngineRetained,
  EngineSession,
  MqttEngine,
  Publication,
  Published,
  Reach,
} from './contract.ts';
import type { NewConnection } from './core.ts';
import { LastWills } from './delivery/last-wills.ts';
import type { LiveClient } from './delivery/live-client.ts';
import type { CoreParts } from './delivery/parts.ts';
import { Router } from './delivery/router.ts';
import { Newcomers } from './first-bytes.ts';
import { EngineMessage } from './message.ts';
import { Mqtt5Core } from './mqtt5/core.ts';
import type { EngineOptions } from './options.ts';
import { LiveClients } from './store/live-clients.ts';
import type { MqttStore } from './store/store.ts';
import { SubscriptionIndex } from './store/subscription-index.ts';

const NOTHING = Buffer.alloc(0);
const TICK_MS = 1000;
/** How many messages are read at once of a queue that is handed out. */
const MOST_TAKEN = 100;

/**
 * The broker: one store and one way of each message to its subscribers, and two cores that speak with clients. A connection goes to the core
 * that speaks its version.
 */
export class Engine<S extends EngineSession, H extends EngineHost<S>> implements MqttEngine<S> {
  readonly retained: EngineRetained;
  readonly host: H;
  readonly #options: EngineOptions;
  readonly #store: MqttStore;
  readonly #index: SubscriptionIndex;
  readonly #live = new LiveClients<LiveClient<S>>();
  readonly #router: Router;
  readonly #wills: LastWills;
  readonly #own: Mqtt5Core<S>;
  readonly #aedes: AedesCore<S> | undefined;
  readonly #newcomers: Newcomers;
  readonly #stopTicking: () => void;
  #isClosed = false;

  /** Use `openMqttEngine`. */
  constructor(options: EngineOptions, createStore: StoreMaker, createHost: (engine: MqttEngine<S>) => H) {
    this.#options = options;
    const { clock, log, sent } = options;
    const host = createHost(this);
    this.host = host;
    const live = this.#live;
    const failed = (error: unknown): void => {
      log.error({ code: 'INTERNAL', err: error }, 'A fault in the MQTT broker; is the disk full?');
    };
    const index = new SubscriptionIndex(
      (id) => live.has(id),
      (id, topic) => this.#mayGet(id, topic),
    );
    this.#index = index;
    const store = createStore(index, host);
    this.#store = store;
    this.retained = {
      has: (topic) => store.retained.get(topic) !== undefined,
      own: (topic) => store.retained.own(topic),
      allOwn: () => store.retained.allOwn(),
      hold: (topic) => store.retained.hold(topic),
      clear: (topic) => {
        store.retained.clear(topic);
        store.commit((error) => error !== undefined && failed(error));
      },
    };
    const router = new Router({
      ...{ index, sessions: store.sessions, commits: store },
      retain: (message) => store.retained.keep(message),
      live: (id) => live.get(id),
      mayGetLater: (id, topic) => this.#mayGetLater(id, topic),
      keep: (message) => host.keep(message),
      isBridge: (id) => store.isReserved(id),
      published: (message) => host.published(message),
      followable: host.followable,
      follow: (message) => host.follow(message),
      followLost: (message) => host.followLost(message),
    });
    this.#router = router;
    this.#wills = new LastWills({
      wills: store.wills,
      clock,
      publish: (message, done) => this.#publishWill(message, done),
    });
    store.sessions.onEnd((id) => this.#wills.sessionEnded(id));
    const parts: CoreParts<S> = {
      ...{ host, store, index, router, live, clock, sent, wills: this.#wills },
      limits: {
        maxPacketBytes: options.maxPacketBytes,
        maxQueueBytes: options.maxQueueBytes,
        handshakeTimeoutMs: options.handshakeTimeoutMs,
        maxSessionExpiryMs: options.sessionExpiryMs || Number.POSITIVE_INFINITY,
        maxKeepAliveS: options.maxKeepAliveS ?? 0,
      },
      failed,
    };
    this.#newcomers = new Newcomers(options.handshakeTimeoutMs);
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
    const connections = { clock, turn: new WriteTurn(), limits: options };
    this.#own = new Mqtt5Core(parts, connections);
    this.#aedes = options.core === 'own' ? undefined : new AedesCore(parts, connections, log);
  }

  /** Loads what is on disk. */
  async open(): Promise<void> {
    await this.#store.open();
    await this.#aedes?.open();
  }

  async start(): Promise<void> {
    this.#wills.restore((id) => this.#store.sessions.get(id) !== undefined);
  }

  accept(stream: Duplex, peer: string, brought: Brought): void {
    if (this.#isClosed) {
      stream.destroy();
      return;
    }
    const connection: NewConnection = { stream, head: NOTHING, peer, brought };
    const aedes = this.#aedes;
    if (aedes === undefined) {
      this.#own.accept(connection);
      return;
    }
    this.#newcomers.take(stream, this.#options.clock.monotonicMs(), {
      read: (level, head) => (level === 5 ? this.#own : aedes).accept({ ...connection, head }),
      missing: (hasGone) => {
        if (!hasGone)
          this.host.report(peer, 'PEER_TIMEOUT', `sent no CONNECT for ${this.#options.handshakeTimeoutMs} ms`);
        stream.end(() => stream.destroy());
      },
    });
  }

  publish(publication: Publication): void {
    if (this.#isClosed) return;
    const message = new EngineMessage(publication);
    message.trail = publication.trail;
    this.#router.publish(message, undefined, ignore);
  }

  reach(topic: string): Reach {
    return this.#index.reach(topic);
  }

  get hearsDollar(): boolean {
    return this.#index.hearsDollar;
  }

  subscribers(filter: string): Iterable<string> {
    return this.#index.exact(filter);
  }

  watchFilters(watch: FilterWatch): () => void {
    return this.#index.watchFilters(watch);
  }

  topics(): Iterable<string> {
    return this.#index.topics();
  }

  subscriptions(id: string): Iterable<string> {
    return this.#index.of(id).filters();
  }

  get kept(): { sessions: number; queuedBytes: number } {
    const { sessions, queuedBytes } = this.#store;
    return { sessions: sessions.size, queuedBytes };
  }

  session(id: string): S | undefined {
    return this.#live.get(id)?.session;
  }

  hasSession(id: string): boolean {
    return this.#store.sessions.get(id) !== undefined;
  }

  reserve(id: string, maxBytes: number): void {
    this.#store.reserve(id, maxBytes);
  }

  waiting(id: string): { count: number; bytes: number } {
    const { count = 0, bytes = 0 } = this.#store.sessions.get(id)?.queue ?? {};
    return { count, bytes };
  }

  forgetReceived(id: string): void {
    this.#store.sessions.get(id)?.received.clear();
    this.#store.commit(ignore);
  }

  *sessionIds(): Generator<string> {
    for (const { id } of this.#store.sessions.all()) yield id;
  }

  mayKeepSession(id: string): boolean {
    return this.#store.sessions.mayKeep(id);
  }

  endSession(id: string): void {
    if (this.#live.has(id)) return;
    this.#store.sessions.end(id);
    this.#store.commit(ignore);
  }

  endSessions(isGone: (account: string) => boolean): void {
    this.#store.sessions.endOf(isGone);
  }

  keepsFor(id: string, topic: string): boolean {
    return this.holds(id, topic) && !this.#live.has(id) && this.#mayGetLater(id, topic);
  }

  holds(id: string, topic: string): boolean {
    const index = this.#index;
    return index.isDurable(id) && Boolean(index.of(id).granted(topic));
  }

  async takeWaiting(
    id: string,
    account: string | undefined,
    take: (message: Published) => boolean | undefined,
  ): Promise<boolean> {
    const session = this.#store.sessions.get(id);
    if (session === undefined || session.account !== account) return true;
    const { queue } = session;
    for (let from = queue.firstSeq; ; ) {
      const entries = await queue.read(from, MOST_TAKEN);
      if (this.#live.has(id) || session !== this.#store.sessions.get(id)) return false;
      if (entries.length === 0) return true;
      for (const { seq, message } of entries) {
        from = seq + 1;
        // Of a message of QoS 2 that the client has, only the number is left.
        const isTaken = message && take(message);
        if (isTaken === false) return false;
        if (isTaken === true) queue.remove(seq);
      }
    }
  }

  written(): Promise<void> {
    return new Promise((resolve, reject) => {
      const isStaged = this.#store.commit((error) => (error === undefined ? resolve() : reject(error)));
      if (!isStaged) resolve();
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTicking();
    this.#newcomers.close();
    await Promise.all([this.#own.close(), this.#aedes?.close()]);
    this.#wills.stop();
    await this.#store.close();
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#newcomers.tick(nowMs);
    this.#own.tick(nowMs);
  }

  /** Whether a client that is online, or whose session is on disk, may get a message. */
  #mayGet(id: string, topic: string): boolean {
    return this.#live.get(id)?.mayReceive(topic) ?? this.#mayGetLater(id, topic);
  }

  #mayGetLater(id: string, topic: string): boolean {
    return this.host.mayReceiveLater(id, this.#store.sessions.get(id)?.account, topic);
  }

  #publishWill(message: EngineMessage, done: () => void): void {
    const verdict = this.host.mayPublish(message, undefined);
    const publish = (): void => this.#router.publish(message, undefined, () => done());
    if (verdict === undefined) publish();
    else if (verdict instanceof Promise) verdict.then((refusal) => (refusal === undefined ? publish() : done()), done);
    else done();
  }
}

/** Opens nothing yet. */
export type StoreMaker = (
  index: SubscriptionIndex,
  host: Pick<EngineHost<EngineSession>, 'report' | 'held'>,
) => MqttStore;

function ignore(): void {}
