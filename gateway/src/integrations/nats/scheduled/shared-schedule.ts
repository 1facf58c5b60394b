import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import { isGatewayName } from '../../../common/names.ts';
import type { Hub } from '../../../hub/hub.ts';
import { isLocked } from '../../../hub/locked-name.ts';
import type { ScheduledRecord, ScheduleKeeper } from '../../../hub/store.ts';
import { Retries } from '../kept/retries.ts';
import type { Changes } from '../keys/changes.ts';
import { KeyBucket, REMOVED_MS } from '../keys/key-bucket.ts';
import type { ScheduledCounts } from '../measures.ts';
import { decodeScheduled, encodeScheduled } from './record.ts';
import { nextStep, takesOver } from './rule.ts';
import { Takeover } from './takeover.ts';

export interface SharedScheduleParts {
  hub: Hub;
  clock: Clock;
  log: Log;
  prefix: string;
  gateway: string;
  counts: ScheduledCounts;
  /** What the bucket is not told yet, on disk. */
  changes: Changes;
  /** How long another gateway is not seen until it is gone for good. */
  takeOverMs: number;
  isShared(channel: string): boolean;
  /** The names of the other gateways that are there. */
  others(): readonly string[];
}

/** How it stands with scheduled messages. */
export interface ScheduledState {
  /** How many wait here for their time. */
  readonly waiting: number;
  /** Of how many messages that were scheduled or sent here the others do not know yet. */
  readonly untold: number;
  /** How many were taken over from gateways that are gone, since the start. */
  readonly takenOver: number;
  /** Why the servers do not take or give them now, as a sentence without its full stop; null: they do, or the link is down. */
  readonly fault: string | null;
}

/** What is sent before that need not be told to anybody. */
const GATHER_MS = 1000;
const PAUSE_MS = 1000;
/** How many messages are told of at once. */
const MAX_OPEN = 64;
/** A message whose time has come does not wait longer for the servers. */
const CLAIM_MS = 2000;
const SEEK_MS = 10_000;

/**
 * A message that is scheduled at one gateway is sent by that one. A bucket of the servers has it, too: where that gateway is gone for good, another
 * one takes it over, by compare and set, and sends it. Before a message is sent while the link is up, the bucket is told so; while it is down, a room
 * goes on by itself, and what it sends then is heard there alone.
 */
export class SharedSchedule implements ScheduleKeeper {
  readonly #parts: SharedScheduleParts;
  readonly #retries: Retries;
  readonly #takeover: Takeover;
  readonly #open = new Set<string>();
  readonly #endLooking: () => void;
  #bucket: KeyBucket | undefined;
  #openedMs = 0;
  #isUp = false;
  #fault: string | undefined;
  #endWait: (() => void) | undefined;
  #isLooking = false;
  /** Something of what is told now was refused. */
  #mustPause = false;
  #isStopped = false;
  /** What was scheduled in this run, and the bucket does not have. */
  readonly #new = new Set<string>();
  #maxPayload = 1024 * 1024;
  /** This gateway was away for so long that the bucket may not know any more what others sent for it. */
  #wasAway = false;
  /** Since the start there was no link yet. What an earlier run left may be another gateway's by now, and waits for it for a moment. */
  #isSeeking = true;
  readonly #sought: Promise<void>;
  #found: () => void = () => {};

  constructor(parts: SharedScheduleParts) {
    this.#parts = parts;
    const { clock, hub, takeOverMs } = parts;
    this.#takeover = new Takeover({
      ...parts,
      keyOf: (record) => this.#keyOf(record),
      serverMs: () => this.#serverMs(),
    });
    this.#retries = new Retries({ clock });
    this.#endLooking = clock.every(Math.min(60_000, Math.ceil(takeOverMs / 5)), () => void this.#lookForLeft());
    hub.schedule.keeper = this;
    this.#sought = new Promise((resolve) => {
      this.#found = () => {
        this.#isSeeking = false;
        resolve();
      };
    });
  }

  get state(): ScheduledState {
    const { hub, changes, counts } = this.#parts;
    return {
      ...{ waiting: hub.schedule.size, untold: changes.size, takenOver: counts.takenOver.value },
      fault: this.#isUp ? (this.#fault ?? null) : null,
    };
  }

  start(): void {
    this.#parts.clock.after(SEEK_MS, () => this.#found());
  }

  linkUp(connection: NatsConnection): void {
    this.#isUp = true;
    void this.#retries.run(() => this.#begin(connection));
  }

  linkDown(): void {
    this.#isUp = false;
    this.#bucket = undefined;
    this.#retries.stop();
    this.#takeover.forget();
    this.#endWait?.();
    this.#endWait = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.#endLooking();
    this.linkDown();
    this.#found();
    this.#parts.hub.schedule.keeper = undefined;
  }

  added(record: ScheduledRecord): void {
    if (!this.#isOurs(record)) return;
    this.#new.add(this.#keyOf(record));
    this.#note(this.#keyOf(record));
    this.#tellSoon(GATHER_MS);
  }

  claim(record: ScheduledRecord): Promise<boolean> | undefined {
    if (!this.#isOurs(record)) return undefined;
    const key = this.#keyOf(record);
    const isNew = this.#new.delete(key);
    // No other gateway can have it, or none can be asked.
    if (!isNew && (this.#bucket !== undefined || this.#isSeeking)) return this.#claim(key);
    this.#note(key);
    this.#tellSoon(GATHER_MS);
    return undefined;
  }

  /** Never rejects. */
  async #claim(key: string): Promise<boolean> {
    await this.#sought;
    // What is being told of it meanwhile is told again.
    if (this.#parts.changes.get(key) !== undefined) this.#note(key);
    const answer = await this.#inTime(this.#sayAsSent(key));
    if (answer !== undefined || this.#isStopped) return answer ?? true;
    // It is sent all the same, and what the bucket says is settled afterwards.
    this.#note(key);
    this.#tellSoon(PAUSE_MS);
    return true;
  }

  /** What a promise resolves to; undefined where it rejects, or takes too long. */
  async #inTime<T>(promise: Promise<T>): Promise<T | undefined> {
    let endWait = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      endWait = this.#parts.clock.after(CLAIM_MS, () => resolve(undefined));
    });
    const answer = await Promise.race([promise.catch(() => undefined), late]);
    endWait();
    return answer;
  }

  /** Writes that a message was sent, which is about to be; false: another gateway has it. */
  async #sayAsSent(key: string): Promise<boolean | undefined> {
    const { gateway } = this.#parts;
    for (;;) {
      const bucket = this.#bucket;
      if (bucket === undefined) return undefined;
      const found = await bucket.read(key);
      const entry = found && decodeScheduled(found.data);
      // That another one sent it is forgotten after a while.
      if (entry === undefined) return !this.#wasAway || this.#parts.changes.get(key) !== undefined;
      if (entry.holder !== gateway) return false;
      if (entry.record === undefined) return true;
      const sent = encodeScheduled({ holder: gateway, record: undefined });
      const after = found?.sequence ?? 0;
      if ((await bucket.write(key, sent, { after, ttlMs: REMOVED_MS })) !== undefined) return true;
    }
  }

  async #begin(connection: NatsConnection): Promise<void> {
    const { prefix, clock, changes, hub } = this.#parts;
    try {
      const bucket = await KeyBucket.open(connection, `${prefix}_scheduled`);
      const { place } = changes;
      this.#wasAway = place?.created === bucket.created && bucket.openedMs - place.heardMs > REMOVED_MS / 2;
      // Another bucket knows nothing of what waits here.
      if (place?.created !== bucket.created) {
        for (const record of hub.schedule.records()) if (this.#isOurs(record)) this.#note(this.#keyOf(record));
      }
      changes.moveTo({
        created: bucket.created,
        sequence: 0,
        heardMs: bucket.openedMs,
        share: [],
        isIncomplete: false,
      });
      this.#openedMs = clock.monotonicMs();
      this.#bucket = bucket;
      this.#fault = undefined;
      this.#maxPayload = connection.info?.max_payload ?? this.#maxPayload;
      await this.#takeover.takeOwn(bucket);
      this.#found();
      this.#tellSoon(0);
      this.#retries.stop();
    } catch (error) {
      this.#failed(error);
    }
  }

  #note(key: string): void {
    const { changes, gateway, clock } = this.#parts;
    changes.set(key, { setMs: clock.now(), gateway, seen: 0, isNews: true });
  }

  #tellSoon(afterMs: number): void {
    if (this.#bucket === undefined) return;
    this.#endWait ??= this.#parts.clock.after(afterMs, () => {
      this.#endWait = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const byKey = new Map(Array.from(this.#parts.hub.schedule.records(), (record) => [this.#keyOf(record), record]));
    for (const [key] of this.#parts.changes.entries()) {
      if (this.#open.size >= MAX_OPEN) return;
      if (!this.#open.has(key)) void this.#tellOf(key, bucket, byKey.get(key));
    }
  }

  async #tellOf(key: string, bucket: KeyBucket, record: ScheduledRecord | undefined): Promise<void> {
    const { changes } = this.#parts;
    const change = changes.get(key);
    this.#open.add(key);
    let isDone = false;
    try {
      isDone = await this.#settle(key, bucket, record);
      this.#fault = undefined;
      if (isDone && changes.get(key) === change) {
        changes.delete(key);
        this.#new.delete(key);
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#open.delete(key);
    this.#mustPause ||= !isDone;
    if (this.#open.size > 0 || changes.size === 0) return;
    this.#tellSoon(this.#mustPause ? PAUSE_MS : 0);
    this.#mustPause = false;
  }

  /** True: what the bucket has and what is here agree. */
  async #settle(key: string, bucket: KeyBucket, record: ScheduledRecord | undefined): Promise<boolean> {
    const { gateway, hub, counts } = this.#parts;
    const found = await bucket.read(key);
    const entry = found && decodeScheduled(found.data);
    const known = entry && { holder: entry.holder, isSent: entry.record === undefined };
    const after = found?.sequence ?? 0;
    switch (nextStep({ gateway, waits: record !== undefined, entry: known })) {
      case 'rest':
        return true;
      case 'drop':
        hub.schedule.drop((record as ScheduledRecord).id);
        return true;
      case 'put': {
        const bytes = this.#encoded(record as ScheduledRecord);
        // It is sent from here alone.
        if (bytes.length > this.#maxPayload) return true;
        const isTold = (await bucket.write(key, bytes, { after })) !== undefined;
        if (isTold) counts.told.value++;
        return isTold;
      }
      case 'sent': {
        const sent = encodeScheduled({ holder: gateway, record: undefined });
        return (await bucket.write(key, sent, { after, ttlMs: REMOVED_MS })) !== undefined;
      }
    }
  }

  #encoded(record: ScheduledRecord): Buffer {
    const { gateway, clock } = this.#parts;
    const { delay } = record;
    const leftMs = delay && Math.max(0, delay.sinceMs + delay.ms - clock.monotonicMs());
    return encodeScheduled({ holder: gateway, record: { ...record, leftMs } });
  }

  #heard({ created }: KeyBucket, heardMs: number): void {
    this.#parts.changes.moveTo({ created, sequence: 0, heardMs, share: [], isIncomplete: false });
  }

  async #lookForLeft(): Promise<void> {
    const { gateway, others, changes } = this.#parts;
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const nowMs = this.#serverMs();
    if (nowMs - (changes.place?.heardMs ?? 0) > REMOVED_MS / 14) this.#heard(bucket, nowMs);
    if (this.#isLooking || !takesOver(gateway, others())) return;
    this.#isLooking = true;
    try {
      await this.#takeover.take(bucket);
    } catch (error) {
      this.#failed(error);
    }
    this.#isLooking = false;
  }

  /** The servers' clock. */
  #serverMs(): number {
    return (this.#bucket?.openedMs ?? 0) + this.#parts.clock.monotonicMs() - this.#openedMs;
  }

  #isOurs({ message: { to }, inMemory }: ScheduledRecord): boolean {
    const { hub, isShared } = this.#parts;
    return inMemory !== true && !isLocked(to) && !isGatewayName(to) && (isShared(to) || hub.client(to) !== undefined);
  }

  #keyOf({ id, key }: ScheduledRecord): string {
    return key ?? `${this.#parts.gateway}.${id.replace(/[^A-Za-z0-9_-]/g, '_')}`;
  }

  #failed(error: unknown): void {
    const { log } = this.#parts;
    if (!this.#isUp) return;
    const reason = error instanceof Error ? error.message : String(error);
    const fault = `the NATS servers do not keep them (${reason.replace(/\.$/, '')})`;
    if (this.#fault !== fault)
      log.warn({ code: 'CLUSTER_REFUSED', reason }, 'Scheduled messages are not known to the other gateways.');
    this.#fault = fault;
  }
}
