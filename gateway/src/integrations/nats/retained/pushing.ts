import type { Clock } from '../../../common/clock.ts';
import type { ErrorCode } from '../../../common/errors.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { RetainedRecord } from '../../../hub/store.ts';
import type { Changes } from '../keys/changes.ts';
import { type KeyEntry, type Keys, REMOVED_MS } from '../keys/key-bucket.ts';
import { type Change, stampOf } from '../keys/rule.ts';
import type { RetainedCounts } from '../measures.ts';
import { subjectOf } from '../subjects.ts';
import { decodeRetained, encodeRetained, type RetainedEntry } from './record.ts';

export interface PushingParts {
  hub: Hub;
  clock: Clock;
  changes: Changes;
  counts: Pick<RetainedCounts, 'told'>;
  /** Does what follows from what the bucket has; true: what was changed here is to be written there. */
  settle(channel: string, shared: RetainedEntry | undefined, at: Pick<KeyEntry, 'sequence' | 'timestampMs'>): boolean;
  report(code: ErrorCode, message: string): void;
  failed(error: unknown): void;
}

/** How many channels are settled at once; each waits for the servers. */
const MAX_OPEN = 64;
const RETRY_MS = 1000;
/** How often the bucket may have another value by now, before the others are given a moment. */
const MAX_TRIES = 4;
const PAUSE_MS = 50;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

/** Tells the bucket what was set or removed here, a channel at a time, until both agree by the rule. */
export class Pushing {
  readonly #parts: PushingParts;
  readonly #open = new Set<string>();
  /** The sequences of what was written from here, until it comes back. */
  readonly #written = new Map<string, number>();
  #keys: Keys | undefined;
  #isReady = false;
  #maxPayload = DEFAULT_MAX_PAYLOAD;
  #endWait: (() => void) | undefined;

  constructor(parts: PushingParts) {
    this.#parts = parts;
  }

  open(keys: Keys, maxPayload = DEFAULT_MAX_PAYLOAD): void {
    this.#keys = keys;
    this.#maxPayload = maxPayload;
  }

  /** What the bucket has is known here. */
  begin(): void {
    this.#isReady = true;
    this.more();
  }

  pause(): void {
    this.#isReady = false;
    this.#endWait?.();
    this.#endWait = undefined;
  }

  /** The bucket is another. */
  forget(): void {
    this.#written.clear();
  }

  /** Whether what comes is what was written from here, or older; it is here already, or something newer is. */
  isOwn(channel: string, sequence: number): boolean {
    const own = this.#written.get(channel);
    if (own === undefined) return false;
    if (sequence >= own) this.#written.delete(channel);
    return sequence <= own;
  }

  /** Whether what a channel retains is too large for the servers, and stays here. */
  isTooLarge(channel: string): boolean {
    const record = this.#parts.hub.retainedRecord(channel);
    return record !== undefined && this.#encoded(record, { setMs: 0, gateway: '' }).length > this.#maxPayload;
  }

  /** There may be something to tell. */
  more(): void {
    if (!this.#isReady || this.#endWait !== undefined) return;
    for (const [channel] of this.#parts.changes.entries()) {
      if (this.#open.size >= MAX_OPEN) return;
      if (!this.#open.has(channel)) void this.#push(channel);
    }
  }

  async #push(channel: string): Promise<void> {
    const keys = this.#keys as Keys;
    this.#open.add(channel);
    let waitMs: number | undefined = PAUSE_MS;
    try {
      for (let tries = 0; tries < MAX_TRIES && waitMs !== undefined; tries++) {
        if (await this.#step(channel, keys)) waitMs = undefined;
      }
    } catch (error) {
      this.#parts.failed(error);
      waitMs = RETRY_MS;
    }
    this.#open.delete(channel);
    if (waitMs === undefined) this.more();
    else if (this.#isReady) {
      this.#endWait ??= this.#parts.clock.after(waitMs, () => {
        this.#endWait = undefined;
        this.more();
      });
    }
  }

  /** Takes one step for a channel; true: both agree. */
  async #step(channel: string, keys: Keys): Promise<boolean> {
    const { changes, hub, settle, report, counts } = this.#parts;
    const key = subjectOf(channel) as string;
    const found = await keys.read(key);
    const shared = found && decodeRetained(found.data, channel);
    if (changes.get(channel) === undefined || !this.#isReady) return true;
    if (found !== undefined && !settle(channel, shared, found)) return true;
    const noted = changes.get(channel) as Change;
    const record = hub.retainedRecord(channel);
    const { clock } = this.#parts;
    const sequence = found?.sequence ?? 0;
    const stamp = stampOf(noted, shared?.stamp);
    const change = { ...noted, ...stamp };
    if (stamp.setMs !== noted.setMs) changes.set(channel, change);
    const bytes = this.#encoded(record, stamp);
    if (bytes.length > this.#maxPayload) {
      changes.delete(channel);
      const why = `it has ${bytes.length} bytes, and the NATS servers take ${this.#maxPayload} (max_payload)`;
      report(
        'CLUSTER_NOT_KEPT',
        `A message is retained here, but not for those who subscribe at other gateways: ${why}.`,
      );
      return true;
    }
    const leftMs = record === undefined ? REMOVED_MS : record.expiresMs - clock.monotonicMs();
    const written = await keys.write(key, bytes, {
      ...{ after: sequence, ttlMs: Number.isFinite(leftMs) ? leftMs : undefined },
    });
    if (written === undefined) return false;
    this.#written.set(channel, written);
    counts.told.value++;
    // It may have changed again meanwhile.
    const later = changes.get(channel);
    if (later?.setMs !== change.setMs) return later === undefined;
    changes.delete(channel);
    return true;
  }

  #encoded(record: RetainedRecord | undefined, stamp: RetainedEntry['stamp']): Buffer {
    if (record === undefined) return encodeRetained({ stamp, record: undefined });
    const leftMs = Math.max(0, record.expiresMs - this.#parts.clock.monotonicMs());
    return encodeRetained({ stamp, record: { ...record, leftMs } });
  }
}
