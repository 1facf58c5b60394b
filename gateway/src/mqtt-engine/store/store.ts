import type { Clock } from '../../common/clock.ts';
import type { Commits, Committed, GroupCommit } from '../../common/group-commit.ts';
import type { Log } from '../../common/log.ts';
import type { SharedBudget } from '../../common/shared-budget.ts';
import { type BrokerDb, Disk } from './disk.ts';
import { KeptSubscriptions } from './kept-subscriptions.ts';
import { Loader } from './loader.ts';
import { type QueueLimits, QueueRoom } from './queue-room.ts';
import { type AskHeld, RetainedMessages } from './retained-messages.ts';
import { SessionTable } from './sessions.ts';
import type { SubscriptionIndex } from './subscription-index.ts';
import { KeptWills } from './wills.ts';

export interface StoreLimits extends QueueLimits {
  /** How many persistent sessions there may be. */
  maxSessions: number;
  /** How long any of them lasts after its client has gone, at most, in milliseconds; Infinity: for ever. */
  maxExpiryMs: number;
}

/** What the store tells. */
export interface StoreEvents {
  /** A message to `topic` was not kept, as the queue of `id`, or what all queues may hold, is full. */
  queueFull(id: string, topic: string): void;
  /** A message that `id` published to `topic` was not kept for later subscribers. */
  retainedFull(id: string | undefined, topic: string): void;
  /** What lies on the disk is not what was written there; a whole sentence. */
  damaged(message: string): void;
}

export interface StoreParts {
  db: BrokerDb;
  /** Who else writes to this database. Default: nobody. */
  writes?: GroupCommit | undefined;
  clock: Clock;
  log: Log;
  index: SubscriptionIndex;
  limits: StoreLimits;
  events: StoreEvents;
  /** The room for retained messages, which the hub counts its own in too. */
  retainedBudget: SharedBudget;
  /** What the hub keeps for a topic. */
  askHeld: AskHeld;
}

/** What MQTT sessions leave: the one store of all broker cores, in memory and on disk. */
export class MqttStore implements Commits {
  readonly sessions: SessionTable;
  readonly subscriptions: KeptSubscriptions;
  readonly retained: RetainedMessages;
  readonly wills: KeptWills;
  readonly #disk: Disk;
  readonly #room: QueueRoom;
  readonly #log: Log;

  /** Nothing is loaded before `open`. */
  constructor(parts: StoreParts) {
    const { db, clock, log, index, limits, events, retainedBudget } = parts;
    const damaged = (key: string): void => {
      const what = key.slice(0, key.indexOf(':')) || 'a value';
      const message = `A value of the MQTT broker on the disk (${what}) is not what was written and is left out; the SD card may be failing.`;
      events.damaged(message);
    };
    const disk = new Disk(db, damaged, parts.writes);
    this.#log = log;
    this.#disk = disk;
    this.subscriptions = new KeptSubscriptions(disk, index);
    this.retained = new RetainedMessages({
      ...{ disk, clock, budget: retainedBudget, askHeld: parts.askHeld },
      full: (id, topic) => events.retainedFull(id, topic),
    });
    this.wills = new KeptWills(disk);
    this.#room = new QueueRoom(limits);
    const full = (id: string, topic: string): void => events.queueFull(id, topic);
    this.sessions = new SessionTable({
      ...{ disk, clock, maxSessions: limits.maxSessions, maxExpiryMs: limits.maxExpiryMs },
      queues: { disk, clock, room: this.#room, full },
      hasSubscriptions: (id) => index.isDurable(id),
      dropSubscriptions: (id) => this.subscriptions.deleteAll(id),
      expired: (client) => log.info({ client }, 'The session of a client that was long away has ended.'),
    });
  }

  /** Loads what an earlier run left. To be called once, before anything else. */
  async open(): Promise<void> {
    const { sessions, subscriptions, retained, wills } = this;
    const loader = new Loader({ disk: this.#disk, log: this.#log, sessions, subscriptions, retained, wills });
    await loader.load();
    sessions.start();
  }

  /** How many bytes wait on disk for all sessions. */
  get queuedBytes(): number {
    return this.#room.bytes;
  }

  /** Gives the queue of a client room of its own: see `QueueRoom.reserve`. */
  reserve(id: string, maxBytes: number): void {
    this.#room.reserve(id, maxBytes, this.sessions.get(id)?.queue.bytes ?? 0);
  }

  /** True for a client whose queue has room of its own. */
  isReserved(id: string): boolean {
    return this.#room.isOwn(id);
  }

  commit(done: Committed): boolean {
    return this.#disk.commit(done);
  }

  /** Resolves when what was staged so far is on disk; rejects where it could not be written. */
  committed(): Promise<void> {
    return this.#disk.committed();
  }

  /** Resolves when nothing is being written any more, whether it failed or not. */
  settled(): Promise<void> {
    return this.#disk.settled();
  }

  /** Stops its timers; resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.sessions.stop();
    this.retained.stop();
    await this.settled();
  }
}
