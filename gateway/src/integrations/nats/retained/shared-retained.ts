import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { ErrorCode } from '../../../common/errors.ts';
import type { GroupCommit } from '../../../common/group-commit.ts';
import type { Log } from '../../../common/log.ts';
import { isGatewayName } from '../../../common/names.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { MessageInit } from '../../../hub/message.ts';
import type { RetainedRecord } from '../../../hub/store.ts';
import type { Envelope } from '../envelope.ts';
import { Feed, type FeedMessage } from '../kept/feed.ts';
import { Retries } from '../kept/retries.ts';
import type { Changes } from '../keys/changes.ts';
import { KeyBucket, REMOVED_MS } from '../keys/key-bucket.ts';
import { decide } from '../keys/rule.ts';
import type { RetainedCounts } from '../measures.ts';
import { nameOf, subjectOf } from '../subjects.ts';
import { Pushing } from './pushing.ts';
import { decodeRetained, isSameRetained, type LastingRecord, type RetainedEntry } from './record.ts';

/** What is on disk of retained messages that gateways share. */
export interface RetainedStored {
  readonly writes: GroupCommit;
  readonly changes: Changes;
  /** Resolves when what the hub retains is on disk. */
  written(): Promise<unknown>;
}

export interface SharedRetainedParts {
  stored: RetainedStored;
  hub: Hub;
  clock: Clock;
  log: Log;
  prefix: string;
  /** The name of this gateway. */
  gateway: string;
  counts: RetainedCounts;
  /** The topic filters of what is shared, and whether a channel is. */
  share: readonly string[];
  isShared(channel: string): boolean;
  /** The message of another gateway as clients here are to get it. */
  arrived(told: Pick<Envelope, 'message' | 'hasAddress'>, gateway: string): MessageInit;
  /** Told of something that is no record. */
  misread(who: string): void;
  report(code: ErrorCode, message: string): void;
}

/** How it stands with the retained messages of all gateways. */
export interface RetainedState {
  /** How many were set or removed here and are not told to the others yet, and since when the oldest. */
  readonly waiting: number;
  readonly oldestMs: number | null;
  /** How many of other gateways are not here, as there was no room. */
  readonly leftOut: number;
  /** Why the servers do not take or give them now, as a sentence without its full stop; null: they do, or the link is down. */
  readonly fault: string | null;
}

const SAVE_MS = 1000;
/** How often it is looked whether there is room for what was left out, and for how much of it. */
const ROOM_MS = 60_000;
const MAX_TRIED = 100;
/** How many removals may wait; what is retained is bounded elsewhere. */
const MAX_CHANGES = 100_000;

/**
 * What channels retain is the same at all gateways: a bucket of the servers has it, and each gateway a copy, which it serves to its clients also
 * while the link is down. What is set here is noted on disk until the bucket has it; what was set at several gateways at once is settled by the rule.
 * A gateway reads the bucket from where it left it.
 */
export class SharedRetained {
  readonly #parts: SharedRetainedParts;
  readonly #changes: Changes;
  readonly #feed: Feed;
  readonly #retries: Retries;
  readonly #pushing: Pushing;
  readonly #undo: (() => void)[] = [];
  readonly #leftOut = new Set<string>();
  #bucket: KeyBucket | undefined;
  #isUp = false;
  #fault: string | undefined;
  #created = '';
  #sequence = 0;
  /** The highest sequence that was read of this bucket, also where it is read again from the beginning. */
  #seen = 0;
  #toSave = 0;
  /** What came since the whole bucket is read; undefined: it is read on from where it was left. */
  #found: Set<string> | undefined;
  #isWhole = true;
  #openedMs = 0;
  #latestMs = 0;

  constructor(parts: SharedRetainedParts) {
    this.#parts = parts;
    const { clock, hub, prefix, stored } = parts;
    const { changes, writes } = stored;
    this.#changes = changes;
    this.#seen = changes.place?.sequence ?? 0;
    this.#pushing = new Pushing({
      ...parts,
      changes,
      settle: (channel, shared, at) => this.#settle(channel, shared, at),
      failed: (error) => this.#failed(error),
    });
    this.#feed = new Feed({
      ...{ clock, name: `KV_${prefix}_retained` },
      from: () => this.#sequence,
      take: (message) => this.#take(message),
      ready: () => Promise.allSettled([writes.committed(), stored.written()]),
    });
    this.#retries = new Retries({ clock });
    // Wills that are published at the start set some, too.
    this.#undo.push(hub.events.on('retained', (channel) => this.#changed(channel)));
  }

  get state(): RetainedState {
    const { size, oldestMs } = this.#changes;
    return {
      ...{ waiting: size, oldestMs: oldestMs ?? null, leftOut: this.#leftOut.size },
      fault: this.#isUp ? (this.#fault ?? null) : null,
    };
  }

  /** What the hub had on disk is back. */
  start(): void {
    const { clock } = this.#parts;
    this.#undo.push(
      clock.every(SAVE_MS, () => this.#save()),
      clock.every(ROOM_MS, () => void this.#lookForRoom()),
    );
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.linkDown();
    this.#toSave = this.#sequence;
    this.#save();
  }

  linkUp(connection: NatsConnection): void {
    this.#isUp = true;
    this.#feed.stop();
    void this.#retries.run(() => this.#follow(connection));
  }

  linkDown(): void {
    if (this.#isUp) this.#save();
    this.#isUp = false;
    this.#retries.stop();
    this.#feed.stop();
    this.#pushing.pause();
  }

  async #follow(connection: NatsConnection): Promise<void> {
    const { prefix, clock, log } = this.#parts;
    try {
      const bucket = await KeyBucket.open(connection, `${prefix}_retained`);
      this.#bucket = bucket;
      this.#openedMs = clock.monotonicMs();
      this.#begin(bucket);
      if (this.#fault !== undefined) log.info({}, 'the NATS servers share retained messages again');
      this.#fault = undefined;
      this.#pushing.open(bucket, connection.info?.max_payload);
      if (!(await bucket.hasMore(this.#sequence))) this.#caughtUp();
      await this.#feed.follow(connection);
      this.#retries.reset();
    } catch (error) {
      this.#failed(error);
    }
    this.#pushing.pause();
  }

  /** Decides from where the bucket is read, and what of this gateway it may not have. */
  #begin({ created, openedMs }: KeyBucket): void {
    const { share } = this.#parts;
    const place = this.#changes.place;
    const isKnown = place?.created === created && String(place.share) === String(share);
    const wasAway = isKnown && openedMs - place.heardMs > REMOVED_MS / 2;
    if (this.#created === created && !wasAway) return;
    const readsAll = !isKnown || wasAway || place.isIncomplete;
    this.#sequence = readsAll ? 0 : place.sequence;
    this.#toSave = this.#sequence;
    this.#isWhole = !readsAll;
    // Of another bucket nothing was seen, and all that is here may be missing there.
    this.#seen = place?.created === created ? Math.max(this.#seen, place.sequence) : 0;
    this.#found = isKnown && readsAll ? new Set() : undefined;
    this.#created = created;
    this.#pushing.forget();
    if (!isKnown) this.#noteAll();
  }

  #noteAll(): void {
    const { hub, gateway } = this.#parts;
    for (const [channel, change] of [...this.#changes.entries()]) this.#changes.set(channel, { ...change, seen: 0 });
    for (const channel of hub.retainedChannels()) {
      if (!this.#isOurs(channel) || this.#changes.get(channel) !== undefined) continue;
      const setMs = hub.retainedRecord(channel)?.message.timestampMs ?? 0;
      this.#changes.set(channel, { setMs, gateway, seen: 0, isNews: false });
    }
  }

  #caughtUp(): void {
    const { hub } = this.#parts;
    const found = this.#found;
    this.#found = undefined;
    this.#isWhole = true;
    if (found !== undefined) {
      for (const channel of [...hub.retainedChannels()]) {
        const isLeft = !found.has(channel) && this.#isOurs(channel) && this.#changes.get(channel) === undefined;
        if (isLeft && !this.#pushing.isTooLarge(channel)) hub.adoptRetained(channel, undefined);
      }
    }
    this.#pushing.begin();
  }

  #changed(channel: string): void {
    const { clock, gateway } = this.#parts;
    if (!this.#isOurs(channel)) return;
    this.#leftOut.delete(channel);
    if (this.#changes.size >= MAX_CHANGES && this.#changes.get(channel) === undefined) {
      this.#parts.report(
        'CLUSTER_NOT_KEPT',
        'Too many retained messages were removed here while the NATS servers are away.',
      );
      return;
    }
    // A clock that is set back must not make what comes later the earlier one.
    const beforeMs = this.#changes.get(channel)?.setMs ?? 0;
    this.#latestMs = Math.max(clock.now(), this.#latestMs + 1, beforeMs + 1);
    this.#changes.set(channel, { setMs: this.#latestMs, gateway, seen: this.#seen, isNews: true });
    this.#pushing.more();
  }

  #isOurs(channel: string): boolean {
    return !isGatewayName(channel) && this.#parts.isShared(channel) && subjectOf(channel) !== undefined;
  }

  #take({ seq, subject, data, timestampMs, pending }: FeedMessage): void {
    if (seq <= this.#sequence) return;
    this.#sequence = seq;
    this.#seen = Math.max(this.#seen, seq);
    const channel = nameOf((this.#bucket as KeyBucket).keyOf(subject));
    if (channel !== undefined && this.#isOurs(channel)) {
      this.#found?.add(channel);
      if (!this.#pushing.isOwn(channel, seq)) this.#hear(channel, data, { sequence: seq, timestampMs });
    }
    if (pending === 0) this.#caughtUp();
  }

  #hear(channel: string, data: Uint8Array, at: At): void {
    // The servers removed it, as its time was over; or somebody else did.
    const shared = data.length === 0 ? 'none' : decodeRetained(data, channel);
    if (shared === undefined) this.#parts.misread('retained');
    else this.#settle(channel, shared === 'none' ? undefined : shared, at);
  }

  /** Does what follows from what the bucket has; true: what was changed here is to be written there. */
  #settle(channel: string, shared: RetainedEntry | undefined, { sequence, timestampMs }: At): boolean {
    const { hub } = this.#parts;
    const record = shared?.record && this.#still(shared.record, timestampMs);
    const here = hub.retainedRecord(channel);
    const isSame = isSameRetained(here, record);
    const change = this.#changes.get(channel);
    if (change !== undefined) {
      const decision = decide(change, { sequence, stamp: shared?.stamp, isSame });
      if (decision === 'write') return true;
      this.#changes.delete(channel);
      if (decision === 'rest') return false;
    }
    if (!isSame || !this.#endsAlike(here, record)) this.#adopt(channel, record, shared?.stamp.gateway);
    return false;
  }

  #endsAlike(here: RetainedRecord | undefined, record: LastingRecord | undefined): boolean {
    if (here === undefined || record === undefined) return true;
    const leftMs = here.expiresMs - this.#parts.clock.monotonicMs();
    return leftMs === record.leftMs || Math.abs(leftMs - record.leftMs) < 2000;
  }

  #adopt(channel: string, shared: LastingRecord | undefined, gateway = ''): void {
    const { hub, clock, report, arrived, counts } = this.#parts;
    const message = shared && arrived(shared, gateway);
    const record = message && { ...shared, message, expiresMs: clock.monotonicMs() + shared.leftMs };
    if (hub.adoptRetained(channel, record)) {
      counts.taken.value++;
      this.#leftOut.delete(channel);
      return;
    }
    this.#leftOut.add(channel);
    report(
      'CLUSTER_RETAINED_FULL',
      'There is no room for all that other gateways retain (limits.maxRetained, limits.maxRetainedBytes): who subscribes here later does not get it.',
    );
  }

  /** What is left of a message now, by the servers' clock; undefined: its time is over. */
  #still(record: LastingRecord, timestampMs: number): LastingRecord | undefined {
    if (!Number.isFinite(record.leftMs)) return record;
    const nowMs = (this.#bucket?.openedMs ?? timestampMs) + this.#parts.clock.monotonicMs() - this.#openedMs;
    const leftMs = record.leftMs - Math.max(0, nowMs - timestampMs);
    return leftMs > 0 ? { ...record, leftMs } : undefined;
  }

  /** Takes what was left out, as far as there is room by now. */
  async #lookForRoom(): Promise<void> {
    const bucket = this.#bucket;
    if (!this.#isUp || bucket === undefined) return;
    try {
      for (const channel of [...this.#leftOut].slice(0, MAX_TRIED)) {
        const found = await bucket.read(subjectOf(channel) as string);
        if (!this.#leftOut.has(channel)) continue;
        if (found === undefined) this.#leftOut.delete(channel);
        else this.#hear(channel, found.data, found);
        if (this.#leftOut.has(channel)) return;
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What came before the last call is on disk by now, as it was handed to the disk so long ago. */
  #save(): void {
    const sequence = this.#toSave;
    this.#toSave = this.#sequence;
    const place = this.#changes.place;
    if (this.#created === '' || !this.#isWhole) return;
    const isIncomplete = this.#leftOut.size > 0;
    const nowMs = (this.#bucket?.openedMs ?? 0) + this.#parts.clock.monotonicMs() - this.#openedMs;
    const isSame =
      place?.created === this.#created && place.sequence === sequence && place.isIncomplete === isIncomplete;
    // Who is here hears of everything.
    if (isSame && nowMs - place.heardMs < REMOVED_MS / 14) return;
    this.#changes.moveTo({
      ...{ created: this.#created, sequence, share: this.#parts.share, isIncomplete },
      heardMs: this.#isUp ? nowMs : (place?.heardMs ?? nowMs),
    });
  }

  #failed(error: unknown): void {
    const { log } = this.#parts;
    if (!this.#isUp) return;
    const reason = error instanceof Error ? error.message : String(error);
    const fault = `the NATS servers do not share it (${reason.replace(/\.$/, '')})`;
    if (this.#fault !== fault) {
      const message =
        'Retained messages are not shared with the other gateways: look whether JetStream is enabled on the NATS servers, and whether this gateway may use it.';
      log.warn({ code: 'CLUSTER_REFUSED', reason }, message);
    }
    this.#fault = fault;
  }
}

/** Where something is in the bucket, and when the servers took it, by their clock. */
interface At {
  readonly sequence: number;
  readonly timestampMs: number;
}
