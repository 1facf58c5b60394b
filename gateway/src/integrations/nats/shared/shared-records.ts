import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import { nameOf, subjectOf } from '../subjects.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import { decodeRecord, encodeRecord, type SharedRecord } from './record.ts';
import { AWAY_MS, missing, Removals, type SharedPlace } from './removals.ts';
import type { BucketStatus, SharedBucket, Watched } from './shared-bucket.ts';

/** What this gateway has of what all of them share. */
export interface LocalRecords {
  /** Each thing as JSON, by its key; null: what has this key here is this gateway's own. */
  read(): Promise<ReadonlyMap<string, string | null>>;
  /**
   * Has these be what they are at another gateway; `was` is what they are here, by `read`. Resolves to the keys of those that stayed as they
   * are: they are another by now, or cannot be that here.
   */
  adopt(changes: readonly { key: string; was: string | undefined; text: string | undefined }[]): Promise<string[]>;
  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Where the ledger is kept. */
export interface LedgerStore {
  /** undefined: there is none yet. */
  load(): Promise<LedgerKept | undefined>;
  save(kept: LedgerKept): Promise<void>;
}

interface LedgerKept {
  readonly entries: Record<string, LedgerEntry>;
  /** undefined: the servers were never heard. */
  readonly place?: SharedPlace | undefined;
}

export interface SharedRecordsParts {
  clock: Clock;
  log: Log;
  /** The name of this gateway. */
  gateway: string;
  /** Opens the bucket by a link that is up. Rejects where the servers do not let this gateway. */
  open(connection: NatsConnection): Promise<SharedBucket>;
  local: LocalRecords;
  store: LedgerStore;
  misread(what: string): void;
}

/** How it stands with what all gateways share. */
export interface SharedState {
  /** How many changes made here the servers do not have yet. */
  readonly waiting: number;
}

const RETRY_MS = 500;
const AGAIN_MS = 2000;
/** A bucket of which nothing comes for so long has told what it has. */
const QUIET_MS = 1000;
/** How often it is looked whether a watch has missed something. */
const CHECK_MS = 5000;
/** How often it is written down that the servers were heard. */
const HEARD_MS = AWAY_MS / 45;

/**
 * Things that every gateway has a copy of, and may change: the copy is what counts at a gateway, also while the link is down. A bucket tells the others
 * of changes; where two gateways have changed the same thing, the later change counts.
 */
export class SharedRecords {
  readonly #parts: SharedRecordsParts;
  readonly #arrived = new Map<string, SharedRecord>();
  readonly #untold = new Set<string>();
  #ledger: Ledger;
  readonly #removals = new Removals();
  /** What the servers have forgotten to be removed, and is to go here. */
  readonly #lapsed = new Set<string>();
  #place: SharedPlace | undefined;
  /** Up to where they were heard by now; undefined: that is written down. */
  #heard: SharedPlace | undefined;
  #bucket: SharedBucket | undefined;
  #undo: () => void = () => {};
  #endWatch: () => void = () => {};
  #endWait: () => void = () => {};
  #run = 0;
  #isStopped = false;
  #isWanted = false;
  /** The ledger says something else than what is on disk. */
  #isChanged = false;
  #working: Promise<void> | undefined;

  constructor(parts: SharedRecordsParts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts.gateway);
  }

  get state(): SharedState {
    return { waiting: this.#untold.size };
  }

  /** Looks what has changed since an earlier run; call it before clients come. */
  async start(): Promise<void> {
    const { local, store, gateway, clock } = this.#parts;
    const kept = await store.load();
    this.#ledger = new Ledger(gateway, kept?.entries);
    this.#place = kept?.place;
    this.#ledger.compare(await local.read(), clock.now(), kept === undefined);
    await this.#save();
    this.#undo = local.onChange(() => this.#work());
  }

  async linkUp(connection: NatsConnection): Promise<void> {
    const { clock, log } = this.#parts;
    this.linkDown();
    const run = ++this.#run;
    while (run === this.#run && !connection.isClosed()) {
      try {
        await this.#follow(await this.#parts.open(connection), run);
      } catch (error) {
        log.debug({ err: error }, 'the accounts of all gateways cannot be reached yet');
      }
      this.#bucket = undefined;
      await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
    }
  }

  linkDown(): void {
    this.#run++;
    this.#bucket = undefined;
    this.#endWatch();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#undo();
    this.#endWait();
    this.linkDown();
    await this.#working;
  }

  #save(): Promise<void> {
    return this.#parts.store.save({ entries: this.#ledger.toJSON(), place: this.#place });
  }

  async #follow(bucket: SharedBucket, run: number): Promise<void> {
    const { clock } = this.#parts;
    const before = await bucket.status();
    const told = new Set<string>();
    let isWhole = false;
    let revision = before.lastRevision;
    this.#removals.forget();
    const whole = (): void => {
      if (isWhole || run !== this.#run) return;
      isWhole = true;
      this.#lookForMissing(told, before);
      this.#bucket = bucket;
      this.#work();
    };
    const watch = await bucket.watch();
    this.#endWatch = () => watch.stop();
    if (run !== this.#run) watch.stop();
    if (before.values === 0) whole();
    let endQuiet = clock.after(QUIET_MS, whole);
    const endChecks = this.#check(bucket, () => revision);
    try {
      for await (const entry of watch) {
        if (run !== this.#run) return;
        revision = Math.max(revision, entry.revision);
        const key = this.#take(entry);
        if (key !== undefined) told.add(key);
        endQuiet();
        endQuiet = clock.after(QUIET_MS, whole);
        if (entry.isLast) whole();
      }
    } finally {
      endQuiet();
      endChecks();
      watch.stop();
    }
  }

  /** What the servers do not have of what is known here, now that all that they have has come. */
  #lookForMissing(told: ReadonlySet<string>, status: BucketStatus): void {
    this.#lapsed.clear();
    for (const key of [...this.#ledger.keys()]) {
      const entry = this.#ledger.entry(key);
      if (entry === undefined || told.has(key)) continue;
      const what = missing(entry, this.#place, status);
      if (what === 'tell') this.#untold.add(key);
      else if (what === 'remove') this.#lapsed.add(key);
      else this.#ledger.forget(key);
    }
    this.#heard = { created: status.created, heardMs: status.nowMs };
  }

  /** Ends a watch that does not bring what is in the bucket: its consumer may be gone with a server. Forgets old removals, too. */
  #check(bucket: SharedBucket, revision: () => number): () => void {
    let missedFrom = 0;
    return this.#parts.clock.every(CHECK_MS, () => {
      void bucket.status().then(
        ({ lastRevision, created, nowMs }) => {
          const last = revision();
          const misses = lastRevision > last;
          if (misses && missedFrom === last) this.#endWatch();
          missedFrom = misses ? last : 0;
          if (misses || this.#bucket !== bucket) return;
          if (nowMs - (this.#place?.heardMs ?? 0) > HEARD_MS) {
            this.#heard = { created, heardMs: nowMs };
            this.#work();
          }
          void this.#forgetOld(bucket, nowMs);
        },
        // The link says so itself.
        () => {},
      );
    });
  }

  async #forgetOld(bucket: SharedBucket, nowMs: number): Promise<void> {
    for (const { key, revision } of this.#removals.old(nowMs)) {
      try {
        await bucket.erase(subjectOf(key) as string, revision);
      } catch (error) {
        // It is there when the bucket is read the next time.
        this.#parts.log.debug({ err: error }, 'a removal could not be forgotten');
        continue;
      }
      const entry = this.#ledger.entry(key);
      if (entry?.hash === null && entry.isTold === true) this.#ledger.forget(key);
    }
  }

  /** The key of what has come; undefined where it says nothing. */
  #take({ key: name, value, ...at }: Watched): string | undefined {
    const key = nameOf(name);
    const record = decodeRecord(value);
    if (key === undefined || record === undefined) {
      if (value !== undefined) this.#parts.misread('accounts');
      return undefined;
    }
    this.#removals.heard(key, record.text === undefined, at);
    const before = this.#arrived.get(key);
    if (before === undefined || before.timeMs <= record.timeMs) this.#arrived.set(key, record);
    this.#work();
    return key;
  }

  /** What there is to do is done one after another, in the order in which it counts. */
  #work(): void {
    this.#isWanted = true;
    if (this.#working !== undefined || this.#isStopped) return;
    this.#working = this.#workAll().finally(() => {
      this.#working = undefined;
      if (this.#isWanted) this.#work();
    });
  }

  async #workAll(): Promise<void> {
    const { log, clock } = this.#parts;
    try {
      while (this.#isWanted && !this.#isStopped) {
        this.#isWanted = false;
        await this.#lookHere();
        await this.#adopt();
        await this.#removeLapsed();
        await this.#tell();
        await this.#noteHeard();
      }
    } catch (error) {
      log.warn({ err: error }, 'accounts could not be shared with the other gateways now; it is tried again');
      this.#isWanted = false;
      this.#endWait = clock.after(AGAIN_MS, () => this.#work());
    }
  }

  async #lookHere(): Promise<void> {
    const { local, clock } = this.#parts;
    for (const record of this.#arrived.values()) this.#ledger.saw(record);
    const changed = this.#ledger.compare(await local.read(), clock.now());
    if (changed.length === 0) return;
    for (const key of changed) this.#untold.add(key);
    await this.#save();
  }

  async #adopt(): Promise<void> {
    const { local } = this.#parts;
    // A part of something is of no use before all of it has come.
    if (this.#bucket === undefined) return;
    const arrived = [...this.#arrived];
    this.#arrived.clear();
    const here = await local.read();
    const before = new Map<string, LedgerEntry | undefined>();
    const changes: { key: string; was: string | undefined; text: string | undefined }[] = [];
    for (const [key, record] of arrived) {
      const verdict = this.#ledger.verdict(key, record);
      const was = here.get(key);
      if (was === null || verdict === 'same') this.#isKnown(key);
      else if (verdict === 'tell') this.#untold.add(key);
      else {
        before.set(key, this.#ledger.entry(key));
        this.#ledger.adopt(key, record);
        this.#untold.delete(key);
        changes.push({ key, was, text: record.text });
      }
    }
    if (changes.length === 0) return;
    // First what is meant, then what is done: a power cut in between does not look like a change made here.
    await this.#save();
    const kept = new Set(await local.adopt(changes));
    for (const { key } of changes) {
      if (kept.has(key)) this.#ledger.keep(key, before.get(key));
      else this.#ledger.adopted(key);
    }
    if (kept.size > 0) this.#isWanted = true;
    await this.#save();
  }

  /** Has what was removed elsewhere while this gateway was away go here, too; it leaves no trace, as nobody else knows it. */
  async #removeLapsed(): Promise<void> {
    if (this.#bucket === undefined || this.#lapsed.size === 0) return;
    const { local, log } = this.#parts;
    const here = await local.read();
    const before = new Map<string, LedgerEntry>();
    for (const key of this.#lapsed) {
      const entry = this.#ledger.entry(key);
      // It is another by now, or was told by somebody.
      if (entry?.isTold !== true || here.get(key) === null || this.#arrived.has(key)) continue;
      before.set(key, entry);
      this.#ledger.adopt(key, { timeMs: entry.timeMs, gateway: entry.gateway, text: undefined });
    }
    this.#lapsed.clear();
    if (before.size === 0) return;
    await this.#save();
    const changes = [...before.keys()].map((key) => ({ key, was: here.get(key) ?? undefined, text: undefined }));
    const kept = new Set(await local.adopt(changes));
    for (const [key, entry] of before) {
      if (kept.has(key)) this.#ledger.keep(key, entry);
      else this.#ledger.forget(key);
    }
    if (kept.size > 0) this.#isWanted = true;
    log.info(
      { count: before.size },
      'accounts that were removed elsewhere while this gateway was away are removed here',
    );
    await this.#save();
  }

  /** Writes down what the servers have, and up to where they were heard once what follows from it is done. */
  async #noteHeard(): Promise<void> {
    if (this.#bucket !== undefined && this.#heard !== undefined && !this.#isWanted) {
      this.#place = this.#heard;
      this.#heard = undefined;
      this.#isChanged = true;
    }
    if (!this.#isChanged) return;
    this.#isChanged = false;
    await this.#save();
  }

  /** The servers have what is here. */
  #isKnown(key: string): void {
    this.#untold.delete(key);
    if (this.#ledger.told(key)) this.#isChanged = true;
  }

  async #tell(): Promise<void> {
    if (this.#bucket === undefined || this.#untold.size === 0) return;
    const here = await this.#parts.local.read();
    // Others take them in this order: first what the rest belongs to.
    for (const key of [...this.#untold].sort()) {
      const bucket = this.#bucket;
      const stamp = this.#ledger.stampOf(key);
      const name = subjectOf(key);
      if (bucket === undefined) return;
      if (stamp === undefined || name === undefined) this.#untold.delete(key);
      else
        await this.#tellOne(
          bucket,
          { key, name },
          { timeMs: stamp.timeMs, gateway: stamp.gateway, text: here.get(key) ?? undefined },
        );
    }
  }

  async #tellOne(
    bucket: SharedBucket,
    { key, name }: { key: string; name: string },
    record: SharedRecord,
  ): Promise<void> {
    const there = await bucket.read(name);
    const known = decodeRecord(there?.value);
    const verdict = known === undefined ? 'tell' : this.#ledger.verdict(key, known);
    if (verdict === 'tell') {
      const revision = there?.value === undefined ? 0 : there.revision;
      const written = await bucket.write(name, encodeRecord(record), revision);
      // Another was faster: what it wrote comes by the watch.
      if (written === undefined) this.#isWanted = true;
      else this.#isKnown(key);
    } else if (verdict === 'same') this.#isKnown(key);
    else {
      this.#arrived.set(key, known as SharedRecord);
      this.#isWanted = true;
    }
  }
}
