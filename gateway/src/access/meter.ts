import type { Quota } from './roles.ts';

/** What a quota limits, as counters and sentences call it. */
export type QuotaKind = keyof Quota;

/** What an account has used of a day: bytes in each of the last 24 hours, the present one first. */
export interface DayRecord {
  /** The present hour, counted by the clock that goes on over a restart. */
  readonly hour: number;
  readonly bytes: readonly number[];
}

const HOUR_MS = 3_600_000;
/** How many hours of a day are remembered. */
export const HOURS = 24;

/** So many a second, and as many at once as in one second; at least one. */
class Rate {
  /** It begins with as many as there may be. */
  #tokens = Number.POSITIVE_INFINITY;
  #sinceMs = 0;

  /** Takes one if there is one. */
  take(perSecond: number, nowMs: number): boolean {
    this.#fill(perSecond, nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes one, also one that is still to come: answers how long until it is there. */
  reserve(perSecond: number, nowMs: number): number {
    this.#fill(perSecond, nowMs);
    this.#tokens--;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / perSecond);
  }

  /** Gives back what was reserved and is not needed any more. */
  giveBack(): void {
    this.#tokens++;
  }

  #fill(perSecond: number, nowMs: number): void {
    // A clock that is behind after a power cut gives nothing, and takes nothing.
    const passedMs = Math.max(0, nowMs - this.#sinceMs);
    this.#tokens = Math.min(Math.max(1, perSecond), this.#tokens + (passedMs * perSecond) / 1000);
    this.#sinceMs = nowMs;
  }
}

/** Bytes of the last 24 hours, by the hour. */
class Day {
  #hour: number;
  #bytes: number[];
  #sum: number;

  constructor(nowMs: number, record?: DayRecord) {
    this.#hour = Math.floor(nowMs / HOUR_MS);
    this.#bytes = new Array<number>(HOURS).fill(0);
    if (record) {
      // What lies ahead of the clock after a power cut is of this hour.
      const age = Math.max(0, this.#hour - record.hour);
      record.bytes.slice(0, Math.max(0, HOURS - age)).forEach((bytes, index) => {
        this.#bytes[index + age] = bytes;
      });
    }
    this.#sum = this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Takes bytes if there are so many left. */
  take(bytes: number, most: number, nowMs: number): boolean {
    this.#advance(nowMs);
    if (this.#sum + bytes > most) return false;
    this.#bytes[0] = (this.#bytes[0] as number) + bytes;
    this.#sum += bytes;
    return true;
  }

  record(nowMs: number): DayRecord | undefined {
    this.#advance(nowMs);
    if (this.#sum === 0) return undefined;
    return { hour: this.#hour, bytes: this.#bytes.slice(0, this.#bytes.findLastIndex((bytes) => bytes > 0) + 1) };
  }

  #advance(nowMs: number): void {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour <= this.#hour) return;
    const passed = Math.min(HOURS, hour - this.#hour);
    this.#bytes = [...new Array<number>(passed).fill(0), ...this.#bytes.slice(0, HOURS - passed)];
    this.#hour = hour;
    this.#sum = this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** What a meter keeps over a restart. */
export interface MeterRecord {
  readonly sent?: DayRecord | undefined;
  readonly uploaded?: DayRecord | undefined;
}

/** What one account, or one address of anonymous clients, has used of its quota. All connections of the account have the same one. */
export class Meter {
  /** What it may use; another one takes its place when roles change. */
  quota: Quota;
  readonly #rate = new Rate();
  readonly #sent: Day;
  readonly #uploaded: Day;

  constructor(quota: Quota, nowMs: number, { sent, uploaded }: MeterRecord = {}) {
    this.quota = quota;
    this.#sent = new Day(nowMs, sent);
    this.#uploaded = new Day(nowMs, uploaded);
  }

  /** Takes one message of so many bytes; or takes nothing, and answers what there is not enough of. */
  message(bytes: number, nowMs: number): QuotaKind | undefined {
    const { messagesPerSecond } = this.quota;
    if (messagesPerSecond !== undefined && !this.#rate.take(messagesPerSecond, nowMs)) return 'messagesPerSecond';
    return this.#send(bytes, nowMs);
  }

  /** As `message`, but a message that comes too soon is taken, too, and the answer is how long it must wait. */
  reserve(bytes: number, nowMs: number): QuotaKind | number {
    const { messagesPerSecond } = this.quota;
    const over = this.#send(bytes, nowMs);
    if (over !== undefined) return over;
    return messagesPerSecond === undefined ? 0 : this.#rate.reserve(messagesPerSecond, nowMs);
  }

  /** A message that `reserve` has taken goes nowhere. */
  giveBack(): void {
    this.#rate.giveBack();
  }

  /** Takes so many bytes of an upload; or takes none. */
  upload(bytes: number, nowMs: number): QuotaKind | undefined {
    const { uploadBytesPerDay } = this.quota;
    if (uploadBytesPerDay === undefined || this.#uploaded.take(bytes, uploadBytesPerDay, nowMs)) return undefined;
    return 'uploadBytesPerDay';
  }

  /** What is to be kept; undefined if it has used nothing for a day. */
  record(nowMs: number): MeterRecord | undefined {
    const sent = this.#sent.record(nowMs);
    const uploaded = this.#uploaded.record(nowMs);
    return sent === undefined && uploaded === undefined ? undefined : { sent, uploaded };
  }

  #send(bytes: number, nowMs: number): QuotaKind | undefined {
    const { bytesPerDay } = this.quota;
    if (bytesPerDay === undefined || this.#sent.take(bytes, bytesPerDay, nowMs)) return undefined;
    return 'bytesPerDay';
  }
}
