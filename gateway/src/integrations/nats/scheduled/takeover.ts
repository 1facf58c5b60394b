import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { ScheduledRecord } from '../../../hub/store.ts';
import type { Changes } from '../keys/changes.ts';
import type { KeyBucket, KeyEntry } from '../keys/key-bucket.ts';
import { decodeScheduled, encodeScheduled, type ScheduledEntry, type WaitingRecord } from './record.ts';
import { Absences } from './rule.ts';

export interface TakeoverParts {
  hub: Hub;
  clock: Clock;
  log: Log;
  gateway: string;
  changes: Changes;
  /** How long another gateway is not seen until it is gone for good. */
  takeOverMs: number;
  /** The names of the other gateways that are there. */
  others(): readonly string[];
  keyOf(record: ScheduledRecord): string;
  /** The servers' clock, in milliseconds since 1970. */
  serverMs(): number;
}

/** What the bucket has of a message that waits. */
interface Left {
  readonly key: string;
  readonly at: KeyEntry;
  readonly holder: string;
  readonly record: WaitingRecord;
}

/** How many that others have left are looked at each time. */
const MAX_LOOKED = 500;
const NO_ROOM = 'There is no room for a scheduled message of a gateway that is gone (limits.maxScheduled).';

/** Takes over scheduled messages: of gateways that are gone for good, and those of this gateway that it has not on its disk. */
export class Takeover {
  readonly #parts: TakeoverParts;
  readonly #absences: Absences;
  #count = 0;

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
    this.#absences = new Absences(parts.takeOverMs);
  }

  /** How many of other gateways. */
  get count(): number {
    return this.#count;
  }

  /** Nobody could be seen for a while. */
  forget(): void {
    this.#absences.forget();
  }

  /** Takes what the bucket has of this gateway and is not here, as when its disk is a new one. */
  async takeOwn(bucket: KeyBucket): Promise<void> {
    const { gateway } = this.#parts;
    for (const left of await this.#read(bucket, await bucket.keys(gateway))) {
      if (left.holder === gateway && this.#isMissing(left.key)) this.#adopt(left);
    }
  }

  /** Takes over what waits at gateways that are gone for good. */
  async take(bucket: KeyBucket): Promise<void> {
    const { clock, gateway, others } = this.#parts;
    const present = new Set([gateway, ...others()]);
    // A key begins with the gateway that took the message; another one may have it by now.
    const keys = (await bucket.keys()).filter((key) => !present.has(key.slice(0, key.indexOf('.'))));
    const found = await this.#read(bucket, keys.slice(0, MAX_LOOKED));
    const gone = this.#absences.look(new Set(found.map(({ holder }) => holder)), present, clock.monotonicMs());
    for (const left of found) {
      if (gone.has(left.holder)) await this.#take(bucket, left);
      // It was taken, and then this gateway ended before it had it on disk.
      else if (left.holder === gateway && this.#isMissing(left.key)) this.#adopt(left);
    }
  }

  async #read(bucket: KeyBucket, keys: readonly string[]): Promise<Left[]> {
    const found: Left[] = [];
    for (const key of keys) {
      const at = await bucket.read(key);
      const { holder, record }: Partial<ScheduledEntry> = (at && decodeScheduled(at.data)) ?? {};
      if (at !== undefined && holder !== undefined && record !== undefined) found.push({ key, at, holder, record });
    }
    return found;
  }

  async #take(bucket: KeyBucket, left: Left): Promise<void> {
    const { gateway, hub, log } = this.#parts;
    const record = this.#since(left);
    if (!hub.schedule.hasRoom(record)) {
      log.warn({ code: 'MESSAGES_FULL' }, NO_ROOM);
      return;
    }
    const taken = encodeScheduled({ holder: gateway, record });
    if ((await bucket.write(left.key, taken, { after: left.at.sequence })) === undefined) return;
    log.info({ gateway: left.holder }, 'a scheduled message of a gateway that is gone is sent by this one');
    this.#count++;
    this.#adopt(left);
  }

  /** It waits nowhere here, and was not sent just now. */
  #isMissing(key: string): boolean {
    const { hub, changes, keyOf } = this.#parts;
    if (changes.get(key) !== undefined) return false;
    for (const record of hub.schedule.records()) if (keyOf(record) === key) return false;
    return true;
  }

  /** What waits, with what is left of its delay now. */
  #since({ record, at }: Left): WaitingRecord {
    if (record.leftMs === undefined) return record;
    const sinceMs = Math.max(0, this.#parts.serverMs() - at.timestampMs);
    return { ...record, leftMs: Math.max(0, record.leftMs - sinceMs) };
  }

  #adopt(left: Left): void {
    const { hub, clock, log } = this.#parts;
    const { leftMs, ...record } = this.#since(left);
    const delay = leftMs === undefined ? undefined : { ms: leftMs, sinceMs: clock.monotonicMs() };
    const isKept = hub.schedule.adopt({ ...record, ...(delay && { delay }), key: left.key });
    if (!isKept) log.warn({ code: 'MESSAGES_FULL' }, NO_ROOM);
  }
}
