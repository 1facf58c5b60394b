import { FakeClock } from '@crosscomm/testing/fake-clock';
import { type Log, silentLog } from '../../../src/common/log.ts';
import { Counter } from '../../../src/common/metrics.ts';
import { SharedBudget } from '../../../src/common/shared-budget.ts';
import type { LeaveReason } from '../../../src/hub/session.ts';
import { REASON } from '../../../src/mqtt-engine/codec/reason-codes.ts';
import type { EngineHost, EngineSession, MqttEngine } from '../../../src/mqtt-engine/contract.ts';
import { Engine } from '../../../src/mqtt-engine/engine.ts';
import type { EngineOptions } from '../../../src/mqtt-engine/options.ts';
import { MqttStore } from '../../../src/mqtt-engine/store/store.ts';
import type { SubscriptionIndex } from '../../../src/mqtt-engine/store/subscription-index.ts';
import { QueueBudget } from '../../../src/transports/outbox.ts';
import { MemoryDb } from '../store/memory-db.ts';

export const MAX_PACKET_BYTES = 200_000;
export const SESSION_EXPIRY_MS = 1_000_000;
/** The ticks of the engine and of its store. */
const TIMERS_AT_REST = 2;
/** So many turns of the event loop without anything happening, and nothing will. */
const QUIET_TURNS = 4;

interface Session extends EngineSession {
  readonly peer: string;
}

/** An engine of our own core, without sockets, with its database in memory and a clock that stands still; and what it says of its clients. */
export class World {
  readonly clock = new FakeClock();
  readonly #db = new MemoryDb();
  readonly #budget = new QueueBudget(1_000_000);
  /** What must not happen: exceptions, and what the engine takes for a fault of its own. */
  readonly faults: string[] = [];
  /** What the log was told, by who it is about: the ids and the addresses of clients. */
  readonly reports: { who: string; code: string; what: string }[] = [];
  /** The ids of clients, by their addresses. */
  readonly ids = new Map<string, string>();
  /** The addresses of connections that were let in and are there no more, with the reason. */
  readonly left = new Map<string, LeaveReason>();
  /** Counts whatever may lead to something else. */
  activity = 0;
  /** The engine is being ended. */
  isClosing = false;
  #admitted = 0;
  /** Ids that were made up; none twice, as each may have a session. */
  #made = 0;
  #maxKeepAliveS = 0;
  #engine: Engine<Session, EngineHost<Session>> | undefined;
  #store: MqttStore | undefined;
  #index: SubscriptionIndex | undefined;

  get engine(): MqttEngine<Session> {
    return this.#engine as Engine<Session, EngineHost<Session>>;
  }

  get store(): MqttStore {
    return this.#store as MqttStore;
  }

  get index(): SubscriptionIndex {
    return this.#index as SubscriptionIndex;
  }

  /** Begins an engine, with what an earlier one has left. `maxKeepAliveS`: 0 for none. */
  async open(maxKeepAliveS: number): Promise<void> {
    this.#maxKeepAliveS = maxKeepAliveS;
    const log: Log = {
      ...silentLog,
      error: ({ err }, sentence) => this.faults.push(`${sentence} ${err instanceof Error ? err.stack : String(err)}`),
    };
    const retainedBudget = new SharedBudget({ maxCount: 20, maxBytes: 1e6 });
    const { clock } = this;
    const options: EngineOptions = {
      ...{ clock, log, retainedBudget, maxKeepAliveS, db: this.#db, budget: this.#budget, sent: new Counter() },
      damaged: (message) => this.faults.push(message),
      maxPacketBytes: MAX_PACKET_BYTES,
      drainTimeoutMs: 5000,
      maxQueueBytes: 20_000,
      core: 'own',
      handshakeTimeoutMs: 3000,
      sessionExpiryMs: SESSION_EXPIRY_MS,
    };
    const makeStore: ConstructorParameters<typeof Engine>[1] = (index, host) => {
      this.#index = index;
      this.#store = new MqttStore({
        ...{ db: this.#db, clock, log, index, retainedBudget },
        limits: { maxQueued: 12, maxQueuedBytes: 500_000, maxSessions: 3, maxExpiryMs: SESSION_EXPIRY_MS },
        events: {
          queueFull: (id) => host.report(id, 'PEER_TOO_SLOW', 'has a full queue'),
          retainedFull: (id = '') => host.report(id, 'PEER_TOO_MANY', 'has no room for what is retained'),
          damaged: (message) => this.faults.push(message),
        },
        askHeld: () => undefined,
      });
      return this.#store;
    };
    this.#engine = new Engine<Session, EngineHost<Session>>(options, makeStore, (engine) => this.#host(engine));
    await this.#engine.open();
    await this.#engine.start();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.engine.close();
  }

  /** Ends the engine, and begins another one with the same database. */
  async restart(): Promise<void> {
    await this.close();
    this.isClosing = false;
    await this.open(this.#maxKeepAliveS);
  }

  /** Waits until nothing happens any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.activity + this.#db.batches.length;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = before === this.activity + this.#db.batches.length ? quiet + 1 : 0;
    }
  }

  /** What is left of clients that have all gone, without sessions; nothing, if all is well. */
  async remains(topics: readonly string[], ids: Iterable<string>): Promise<string[]> {
    const { store, index, engine, clock } = this;
    for (const { topic } of [...store.retained.allOwn()]) engine.retained.clear(topic);
    await this.settle();
    // A sweep through what is retained may be due.
    clock.advance(60_000);
    const left = (what: string, count: number): string[] => (count === 0 ? [] : [`${count} ${what}`]);
    return [
      ...left('clients', this.#admitted),
      ...left(
        'subscriptions',
        [...ids].reduce((sum, id) => sum + index.of(id).size, 0),
      ),
      ...left(
        'recipients',
        [...topics].reduce((sum, topic) => sum + index.reach(topic).count, 0),
      ),
      ...left('durable subscriptions', Number(index.anyDurable)),
      ...left('sessions', store.sessions.size),
      ...left('last wills', [...store.wills.all()].length),
      ...left('retained messages', store.retained.size),
      ...left('bytes that wait', this.#budget.usedBytes),
      ...left('timers', clock.timers - TIMERS_AT_REST),
      ...this.#db.keys(),
    ];
  }

  #refused(peer: string): void {
    this.reports.push({ who: peer, code: 'PEER_NOT_ALLOWED', what: 'was refused' });
  }

  #host(engine: MqttEngine<Session>): EngineHost<Session> {
    return {
      connect: (client, { id }, answer) => {
        if (id === 'no') {
          this.#refused(client.peer);
          answer({ refused: 5, why: 'nobody may have this id' });
          return;
        }
        const session = { id: id === '' ? `made-up-${++this.#made}` : id, account: undefined, peer: client.peer };
        const enter = (): void => {
          if (client.isClosed) return;
          this.activity++;
          if (client.isClean || engine.mayKeepSession(session.id)) {
            this.#admitted++;
            this.ids.set(client.peer, session.id);
            answer({ session });
          } else {
            this.#refused(client.peer);
            answer({ refused: 3, reason: REASON.quotaExceeded, why: 'there are enough' });
          }
        };
        if (id === 'slow') setImmediate(enter);
        else enter();
      },
      keep: () => false,
      followable: { left: 0, leftOut: 0 },
      follow: () => undefined,
      followLost: () => undefined,
      mayPublish: ({ topic }, session) => {
        if (topic === 'no') {
          if (session !== undefined) this.reports.push({ who: session.peer, code: 'DENIED', what: 'may not publish' });
          return { reason: REASON.notAuthorized, why: 'it may not publish there', isFatal: true };
        }
        if (topic === 'void') return { reason: REASON.noMatchingSubscribers };
        if (topic !== 'slow') return undefined;
        return new Promise((resolve) => setImmediate(() => resolve(undefined)));
      },
      published: () => 0,
      subscribeRefusal: (_session, filter) =>
        filter === 'no' ? { reason: REASON.notAuthorized, why: 'it may not read there' } : undefined,
      mayReceive: () => true,
      mayReceiveLater: () => true,
      plainFilter: (written) => written,
      subscribed: () => {},
      heard: () => {},
      responseTopic: ({ id }) => `answers/${id}`,
      held: () => undefined,
      left: ({ peer }, reason) => {
        if (this.left.has(peer)) this.faults.push(`${peer} left twice`);
        this.left.set(peer, reason);
        this.#admitted--;
      },
      report: (who, code, what) => this.reports.push({ who, code, what }),
    };
  }
}
