import type { Clock } from '../common/clock.ts';
import type { Owner, SharedBudget } from '../common/shared-budget.ts';
import type { SendOptions } from './contract.ts';
import { detachMessage, detachText } from './detach.ts';
import { scheduledBytes } from './kept-bytes.ts';
import { Message } from './message.ts';
import type { HubStore, ScheduledRecord, ScheduleKeeper } from './store.ts';

/** A Pi's wall clock jumps when it first hears the time; moments are looked at again at least this often. */
const LONGEST_NAP_MS = 30_000;

/** What is to be done with a message whose time has come. */
export type SendDue = (
  message: Message,
  options: Pick<SendOptions, 'retainMs' | 'keep' | 'account' | 'address'>,
) => void;

/** Messages that fall due together, in the order in which they came. */
interface Batch {
  readonly records: [ScheduledRecord, ...ScheduledRecord[]];
  cancel(): void;
}

/** What waits, for whoever shares it with other gateways. */
export type SharedSchedule = Pick<Schedule, 'records' | 'hasRoom' | 'adopt' | 'drop' | 'keeper' | 'size'>;

/** Messages that wait for their time, as many as the budget has room for. Those of one moment are sent in the order in which they came. */
export class Schedule {
  readonly #clock: Clock;
  readonly #store: HubStore;
  readonly #budget: SharedBudget;
  readonly #send: SendDue;
  /** By the ids of their records. */
  readonly #waiting = new Map<string, Batch>();
  /** What came last. */
  #newest: Batch | undefined;
  #sequence = 0;
  /** undefined: nobody else knows what waits here. */
  keeper: ScheduleKeeper | undefined;

  constructor(clock: Clock, store: HubStore, budget: SharedBudget, send: SendDue) {
    this.#clock = clock;
    this.#store = store;
    this.#budget = budget;
    this.#send = send;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The moment for which a message with these options has to wait, milliseconds since 1970; undefined where it is now. */
  dueOf({ delayMs, dueMs }: SendOptions): number | undefined {
    const nowMs = this.#clock.now();
    if (delayMs !== undefined) return delayMs > 0 ? nowMs + delayMs : undefined;
    // Whether a moment is past is not known before the time is.
    return dueMs !== undefined && (dueMs > nowMs || !this.#clock.isTrusted()) ? dueMs : undefined;
  }

  /** Keeps `message` until `dueMs`, on disk where it does not ask for less; false where there is no room for it. Its timestamp becomes the due time. */
  add(message: Message, dueMs: number, options: SendOptions): boolean {
    const { delayMs, retainMs, keep, account, address, inMemory } = options;
    const id = this.#newId();
    if (!this.#budget.fits(id, scheduledBytes(message), { client: message.from, address })) return false;
    const record: ScheduledRecord = {
      id,
      message: { ...detachMessage(message), timestampMs: dueMs },
      dueMs,
    };
    if (delayMs !== undefined) record.delay = { ms: delayMs, sinceMs: this.#clock.monotonicMs() };
    if (retainMs !== undefined) record.retainMs = retainMs;
    if (keep) record.keep = true;
    if (account !== undefined) record.account = detachText(account);
    if (address !== undefined) record.address = detachText(address);
    if (inMemory) record.inMemory = true;
    else this.#store.putScheduled(record);
    this.#enter(record);
    if (!inMemory) this.keeper?.added(record);
    return true;
  }

  /** What waits, and is on disk. */
  *records(): Generator<ScheduledRecord> {
    for (const batch of new Set(this.#waiting.values())) {
      for (const record of batch.records) {
        if (!record.inMemory && this.#waiting.get(record.id) === batch) yield record;
      }
    }
  }

  hasRoom({ message, address }: Pick<ScheduledRecord, 'message' | 'address'>): boolean {
    return this.#budget.fits('', scheduledBytes(message), { client: message.from, address });
  }

  /** Takes over what waited at another gateway; false where there is no room for it. */
  adopt(wanted: Omit<ScheduledRecord, 'id'>): boolean {
    const id = this.#newId();
    const { address } = wanted;
    if (!this.#budget.fits(id, scheduledBytes(wanted.message), { client: wanted.message.from, address })) return false;
    const record: ScheduledRecord = { ...wanted, id, message: detachMessage(wanted.message) };
    this.#store.putScheduled(record);
    this.#enter(record);
    return true;
  }

  /** Another gateway sends it, or has done so. */
  drop(id: string): void {
    if (!this.#waiting.delete(id)) return;
    this.#budget.delete(id);
    this.#store.deleteScheduled(id);
  }

  /** Puts back what an earlier run kept; what fell due meanwhile is sent at once. */
  restore(records: Iterable<ScheduledRecord>): void {
    const nowMs = this.#clock.monotonicMs();
    for (const record of records) {
      // After a power cut the clock may be behind what was written last.
      if (record.delay) record.delay.sinceMs = Math.min(record.delay.sinceMs, nowMs);
      this.#enter(record);
    }
  }

  /** Ends every timer; what is on disk stays there. */
  stop(): void {
    for (const batch of this.#waiting.values()) batch.cancel();
    this.#waiting.clear();
    this.#newest = undefined;
  }

  /** A Pi without a clock of its own may live through the same millisecond twice, in two runs. */
  #newId(): string {
    for (;;) {
      const id = `${this.#clock.now()}-${this.#sequence++}`;
      if (!this.#waiting.has(id)) return id;
    }
  }

  /** Takes a record in. Timers that are set for the same moment need not run in the order in which they were set, so it has one. */
  #enter(record: ScheduledRecord): void {
    this.#budget.restore(record.id, scheduledBytes(record.message), ownerOf(record));
    let batch = this.#newest;
    if (batch !== undefined && isDueWith(record, batch.records[0])) batch.records.push(record);
    else {
      batch = { records: [record], cancel: () => {} };
      this.#newest = batch;
      this.#wait(batch);
    }
    this.#waiting.set(record.id, batch);
  }

  #wait(batch: Batch): void {
    const [first] = batch.records;
    const napMs = Math.min(Math.max(0, this.#leftMs(first)), LONGEST_NAP_MS);
    batch.cancel = this.#clock.after(napMs, () => {
      if (this.#leftMs(first) > 0) {
        this.#wait(batch);
        return;
      }
      if (this.#newest === batch) this.#newest = undefined;
      this.#sendAll(batch.records);
    });
  }

  /** In their order, once it is known of all that no other gateway has them. */
  #sendAll(records: readonly ScheduledRecord[]): void {
    const claims = records.map((record) => (record.inMemory ? undefined : this.keeper?.claim(record)));
    if (claims.every((claim) => claim === undefined)) {
      for (const record of records) this.#sendDue(record);
      return;
    }
    void Promise.all(claims).then((answers) => {
      records.forEach((record, index) => {
        if (answers[index] === false) this.drop(record.id);
        else this.#sendDue(record);
      });
    });
  }

  #sendDue(record: ScheduledRecord): void {
    // Another gateway has it, or this one ends.
    if (!this.#waiting.has(record.id)) return;
    const { message, delay, retainMs, keep, account, address } = record;
    const timestampMs = delay === undefined ? message.timestampMs : this.#clock.now();
    this.#waiting.delete(record.id);
    this.#budget.delete(record.id);
    this.#send(new Message({ ...message, timestampMs }), { retainMs, keep, account, address });
    if (!record.inMemory) this.#store.deleteScheduled(record.id);
  }

  #leftMs({ dueMs, delay }: ScheduledRecord): number {
    if (delay !== undefined) return delay.sinceMs + delay.ms - this.#clock.monotonicMs();
    return this.#clock.isTrusted() ? dueMs - this.#clock.now() : Number.POSITIVE_INFINITY;
  }
}

function ownerOf({ message, address }: ScheduledRecord): Owner {
  return { client: message.from, address };
}

/** So close together, in milliseconds, messages with one delay are of one moment: those of one packet are. */
const SAME_MOMENT_MS = 1;

function isDueWith(record: ScheduledRecord, other: ScheduledRecord): boolean {
  if (record.delay === undefined || other.delay === undefined) {
    return record.delay === other.delay && record.dueMs === other.dueMs;
  }
  return record.delay.ms === other.delay.ms && Math.abs(record.delay.sinceMs - other.delay.sinceMs) < SAME_MOMENT_MS;
}
