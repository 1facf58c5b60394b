import type { Clock } from '../hub/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Database } from './database.ts';

/** Small enough for a sticky subscription, and so rare that an SD card does not notice. */
const INTERVAL_MS = 300_000;
const KEY = 'run';

/** What is known of the runs before this one. */
export interface EarlierRuns {
  /** How long they were, milliseconds. */
  ranMs: number;
  /** What the wall clock said at the end of the last, milliseconds since 1970. */
  endedMs: number;
}

/**
 * Keeps how long the gateway has run, over all its restarts, in a sublevel whose keys begin with `!clock!`: a JSON object of some
 * 40 bytes, written every five minutes and at the end. After a power cut it is at most that much behind.
 */
export class RunningTime {
  readonly #level;
  readonly #log: Log;
  #end: () => void = () => {};
  #save: () => Promise<void> = async () => {};

  constructor(db: Database, log: Log) {
    this.#level = db.sublevel('clock');
    this.#log = log;
  }

  /** Undefined where there was no run before this one. */
  async load(): Promise<EarlierRuns | undefined> {
    try {
      const text = await this.#level.get(KEY);
      if (text === undefined) return undefined;
      const { ranMs, endedMs } = JSON.parse(text) as Partial<EarlierRuns>;
      if (!Number.isFinite(ranMs) || !Number.isFinite(endedMs))
        throw new TypeError('this is not what is kept of a run');
      return { ranMs: ranMs as number, endedMs: endedMs as number };
    } catch (error) {
      this.#log.error({ error: String(error) }, 'how long the gateway has run could not be read; it is counted from 0');
      return undefined;
    }
  }

  /** Saves the monotonic reading of `clock` from now on. */
  keep(clock: Clock): void {
    let saving = Promise.resolve();
    this.#save = () => {
      const run: EarlierRuns = { ranMs: Math.round(clock.monotonicMs()), endedMs: clock.now() };
      saving = saving
        .then(() => this.#level.put(KEY, JSON.stringify(run)))
        .catch((error: unknown) => {
          this.#log.debug({ error: String(error) }, 'how long the gateway has run could not be saved');
        });
      return saving;
    };
    this.#end = clock.every(INTERVAL_MS, () => void this.#save());
  }

  /** Saves for the last time. The database stays open. */
  async close(): Promise<void> {
    this.#end();
    await this.#save();
  }
}
