import type { Clock } from '../common/clock.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';
import { sealedText } from '../common/sealed.ts';
import type { HubStore, RetainedRecord, ScheduledRecord } from '../hub/store.ts';
import { readRetained, readScheduled, writeRetained, writeScheduled } from './records.ts';

/** The hub's state from an earlier run. */
export interface LoadedState {
  retained: [string, RetainedRecord][];
  /** By due time; messages with the same due time are in the order in which they were scheduled. */
  scheduled: ScheduledRecord[];
}

/** What to write at a key; the text is made only when it is written. Undefined removes the key. */
type Change = (() => string) | undefined;

const RETAINED = 'retained:';
const SCHEDULED = 'scheduled:';
/** A failing disk is logged at most once in this time. */
const QUIET_MS = 60_000;
/** How many changes may wait for a failing disk; beyond that the oldest are given up. */
const MAX_WAITING = 100_000;
/** How long the texts of one batch may be together, in UTF-16 units; a single text may be longer. */
const MAX_BATCH_LENGTH = 4 * 1024 * 1024;
const byNumber = new Intl.Collator('en', { numeric: true });

/**
 * Keeps the hub's retained and scheduled messages in a sublevel, whose keys begin with `!hub!`, apart from those of the MQTT broker. The
 * changes of one turn of the event loop are written as one batch (several if they are long); a later change of the same key replaces an
 * earlier one that is still waiting. One batch is written at a time. A batch that fails is tried again with the next change.
 */
export class LevelHubStore implements HubStore {
  readonly #level;
  readonly #log: Log;
  readonly #clock: Clock;
  #waiting = new Map<string, Change>();
  #writing: Promise<void> = Promise.resolve();
  #turn: NodeJS.Immediate | undefined;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(db: Database, { log, clock }: { log: Log; clock: Clock }) {
    this.#level = db.sublevel<string, string>('hub', { valueEncoding: sealedText });
    this.#log = log;
    this.#clock = clock;
  }

  putRetained(channel: string, record: RetainedRecord): void {
    this.#change(retainedKey(channel), () => writeRetained(record));
  }

  deleteRetained(channel: string): void {
    this.#change(retainedKey(channel), undefined);
  }

  putScheduled(record: ScheduledRecord): void {
    this.#change(SCHEDULED + record.id, () => writeScheduled(record));
  }

  deleteScheduled(id: string): void {
    this.#change(SCHEDULED + id, undefined);
  }

  /** Reads everything back. Records that cannot be read are skipped, counted and logged. */
  async load(): Promise<LoadedState> {
    const state: LoadedState = { retained: [], scheduled: [] };
    let unreadable = 0;
    let reason: unknown;
    try {
      for await (const [key, text] of this.#level.iterator()) {
        try {
          if (key.startsWith(SCHEDULED)) state.scheduled.push(readScheduled(key.slice(SCHEDULED.length), text));
          else state.retained.push([channelOf(key), readRetained(text, this.#clock)]);
        } catch (error) {
          unreadable++;
          reason ??= error;
        }
      }
    } catch (error) {
      this.#log.error({ code: 'DATA_DAMAGED', error: String(error) }, 'the database could not be read to its end');
    }
    if (unreadable > 0) {
      this.#log.error(
        { code: 'DATA_DAMAGED', unreadable, reason: String(reason) },
        'some retained or waiting messages could not be read and are left out',
      );
    }
    state.scheduled.sort((a, b) => a.dueMs - b.dueMs || byNumber.compare(a.id, b.id));
    return state;
  }

  /** Resolves when everything that was handed over so far has been written, or has failed. */
  flush(): Promise<void> {
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes what is left. The database stays open. */
  close(): Promise<void> {
    return this.flush();
  }

  #change(key: string, change: Change): void {
    this.#waiting.delete(key);
    this.#waiting.set(key, change);
    this.#turn ??= setImmediate(() => void this.flush());
  }

  async #write(): Promise<void> {
    const changes = this.#waiting;
    this.#waiting = new Map();
    try {
      while (changes.size > 0) {
        const batch = takeBatch(changes);
        await this.#level.batch(batch);
        for (const { key } of batch) changes.delete(key);
      }
    } catch (error) {
      this.#keep(changes);
      this.#report(error);
    }
  }

  /** Queues a failed batch again; changes that came after it take precedence. */
  #keep(failed: Map<string, Change>): void {
    const later = this.#waiting;
    for (const [key, change] of later) {
      failed.delete(key);
      failed.set(key, change);
    }
    for (const key of failed.keys()) {
      if (failed.size <= MAX_WAITING) break;
      failed.delete(key);
    }
    this.#waiting = failed;
  }

  #report(error: unknown): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#loggedMs < QUIET_MS) return;
    this.#loggedMs = now;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.error(
      { code: 'DATA_DIR_UNUSABLE', reason, waiting: this.#waiting.size },
      'retained and scheduled messages cannot be written to disk; they stay in memory: look at the disk',
    );
  }
}

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

/** The first changes, as many as fit into one batch. */
function takeBatch(changes: Map<string, Change>): Operation[] {
  const batch: Operation[] = [];
  let length = 0;
  for (const [key, change] of changes) {
    const value = change?.();
    batch.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value });
    length += value?.length ?? 0;
    if (length >= MAX_BATCH_LENGTH) break;
  }
  return batch;
}

/** Names are JSON strings, so that every name has a key of its own, even with lone surrogates. */
function retainedKey(channel: string): string {
  return RETAINED + JSON.stringify(channel);
}

function channelOf(key: string): string {
  const channel: unknown = key.startsWith(RETAINED) ? JSON.parse(key.slice(RETAINED.length)) : undefined;
  if (typeof channel !== 'string') throw new TypeError('no key of ours');
  return channel;
}
