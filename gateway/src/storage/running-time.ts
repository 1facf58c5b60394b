import type { Clock } from '../common/clock.ts';
import type { Database } from '../common/level.ts';
import type { Log } from '../common/log.ts';

/** Small enough for sticky subscriptions, and rare enough for an SD card. */
const INTERVAL_MS = 300_000;
const KEY = 'ranMs';

/**
 * Keeps how long the gateway has run, over all its restarts, as one number in a sublevel whose keys begin with `!clock!`. It is written
 * every five minutes and at the end, so after a power cut it is at most five minutes behind.
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

  /** The running time of all earlier runs together, in milliseconds; 0 if there was none. */
  async load(): Promise<number> {
    try {
      const ranMs = Number((await this.#level.get(KEY)) ?? 0);
      if (Number.isFinite(ranMs)) return ranMs;
      throw new TypeError('this is not what is kept of it');
    } catch (error) {
      this.#log.error(
        { code: 'DATA_DAMAGED', error: String(error) },
        'how long the gateway has run could not be read; it is counted from 0',
      );
      return 0;
    }
  }

  /** Saves the monotonic time of `clock` from now on. */
  keep(clock: Clock): void {
    let saving = Promise.resolve();
    this.#save = () => {
      const ranMs = String(Math.round(clock.monotonicMs()));
      saving = saving
        .then(() => this.#level.put(KEY, ranMs))
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
