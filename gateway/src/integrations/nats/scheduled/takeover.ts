import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { ScheduledRecord } from '../../../hub/store.ts';
import type { Changes } from '../keys/changes.ts';
import type { KeyBucket, KeyEntry } from '../keys/key-bucket.ts';
import type { ScheduledCounts } from '../measures.ts';
import { decodeScheduled, encodeScheduled, type ScheduledEntry, type WaitingRecord } from './record.ts';
import { Rounds } from './rounds.ts';
import { Absences } from './rule.ts';

export interface TakeoverParts {
  hub: Hub;
  clock: Clock;
  log: Log;
  gateway: string;
  counts: Pick<ScheduledCounts, 'takenOver'>;
  changes: Pick<Changes, 'get'>;
  /** How long another gateway is not seen until it is gone for good. */
  takeOverMs: number;
  /** The names of the other gateways that are there. */
  others(): readonly string[];
  keyOf(record: ScheduledRecord): string;
  /** The servers' clock, in milliseconds since 1970. */
  serverMs(): number;
}

/** The bucket of what waits. */
export type Waiting = Pick<KeyBucket, 'keys' | 'read' | 'write'>;

/** What the bucket has of a message that waits. */
interface Left {
  readonly key: string;
  readonly at: KeyEntry;
  readonly holder: string;
  readonly record: WaitingRecord;
}

/** How many are read at once of those that gateways took which are not there, and of the rest, where seldom one is left. */
const MAX_LEFT = 500;
const MAX_PRESENT = 100;
const NO_ROOM = 'There is no room for a scheduled message of a gateway that is gone (limits.maxScheduled).';

/** Takes over scheduled messages: of gateways that are gone for good, and those of this gateway that it has not on its disk. */
export class Takeover {
  readonly #parts: TakeoverParts;
  readonly #absences: Absences;
  readonly #left = new Rounds();
  readonly #present = new Rounds();

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
    this.#absences = new Absences(parts.takeOverMs);
  }

  /** Nobody could be seen for a while. */
  forget(): void {
    this.#absences.forget();
  }

  /** Takes what the bucket has of this gateway and is not here, as when its disk is a new one. */
  async takeOwn(bucket: Waiting): Promise<void> {
    const { gateway } = this.#parts;
    const found = await this.#read(bucket, await bucket.keys(gateway));
    const here = this.#keysHere();
    for (const left of found) if (left.holder === gateway && this.#isMissing(left.key, here)) this.#adopt(left);
  }

  /**
   * Takes over what waits at gateways that are gone for good. Each call looks at a part of what waits, and at more as long as it takes something over;
   * the next one goes on behind that.
   */
  async take(bucket: Waiting): Promise<void> {
    const { gateway, others } = this.#parts;
    const present = new Set([gateway, ...others()]);
    const keys = await bucket.keys();
    // A key begins with the gateway that took the message; another one may have it by now.
    const takerOf = (key: string): string => key.slice(0, key.indexOf('.'));
    const isLeft = (key: string): boolean => !present.has(takerOf(key));
    const kept = this.#present.next(
      keys.filter((key) => !isLeft(key)),
      MAX_PRESENT,
    );
    await this.#look(bucket, kept.keys, present);
    const left = keys.filter(isLeft);
    this.#absences.look(new Set(left.map(takerOf)), present, this.#parts.clock.monotonicMs());
    for (;;) {
      const { keys: part, isLast } = this.#left.next(left, MAX_LEFT);
      if (!(await this.#look(bucket, part, present)) || isLast) return;
    }
  }

  /** Resolves to whether something of these was taken over. */
  async #look(bucket: Waiting, keys: readonly string[], present: ReadonlySet<string>): Promise<boolean> {
    const { clock, gateway, log } = this.#parts;
    const found = await this.#read(bucket, keys);
    const gone = this.#absences.look(new Set(found.map(({ holder }) => holder)), present, clock.monotonicMs());
    const here = this.#keysHere();
    let hasTaken = false;
    let isFull = false;
    for (const left of found) {
      if (gone.has(left.holder)) {
        const isTaken = await this.#take(bucket, left);
        hasTaken ||= isTaken;
        isFull ||= !isTaken;
      }
      // It was taken, and then this gateway ended before it had it on disk.
      else if (left.holder === gateway && this.#isMissing(left.key, here)) this.#adopt(left);
    }
    if (isFull) log.warn({ code: 'MESSAGES_FULL' }, NO_ROOM);
    return hasTaken;
  }

  async #read(bucket: Waiting, keys: readonly string[]): Promise<Left[]> {
    const found: Left[] = [];
    for (const key of keys) {
      const at = await bucket.read(key);
      const { holder, record }: Partial<ScheduledEntry> = (at && decodeScheduled(at.data)) ?? {};
      if (at !== undefined && holder !== undefined && record !== undefined) found.push({ key, at, holder, record });
    }
    return found;
  }

  /** False: there is no room. */
  async #take(bucket: Waiting, left: Left): Promise<boolean> {
    const { gateway, hub, log, counts } = this.#parts;
    const record = this.#since(left);
    if (!hub.schedule.hasRoom(record)) return false;
    const taken = encodeScheduled({ holder: gateway, record });
    if ((await bucket.write(left.key, taken, { after: left.at.sequence })) === undefined) return true;
    log.info({ gateway: left.holder }, 'a scheduled message of a gateway that is gone is sent by this one');
    counts.takenOver.value++;
    this.#adopt(left);
    return true;
  }

  #keysHere(): ReadonlySet<string> {
    const { hub, keyOf } = this.#parts;
    return new Set(Array.from(hub.schedule.records(), keyOf));
  }

  /** It is not among what waits here, and was not sent just now. */
  #isMissing(key: string, here: ReadonlySet<string>): boolean {
    return this.#parts.changes.get(key) === undefined && !here.has(key);
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
