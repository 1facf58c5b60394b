import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';

/** How many lines of one sort are logged in a window, and how long that is. */
const MAX_LINES = 50;
const WINDOW_MS = 10_000;

/** Keeps what many peers do at once from filling the log: lines beyond so many are left out, and their number is logged. */
export class LineBudget {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #what: string;
  #beganMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  /** `what` are the lines, for the one that tells how many there were: `lines about clients that come and go`. */
  constructor(clock: Clock, log: Log, what: string) {
    this.#clock = clock;
    this.#log = log;
    this.#what = what;
  }

  /** True where there is room for one more line now. */
  take(): boolean {
    if (this.#leftOut > 0) {
      // The window is not over, or this would have been told.
      this.#leftOut++;
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#beganMs >= WINDOW_MS) {
      this.#beganMs = nowMs;
      this.#lines = 0;
    }
    if (this.#lines < MAX_LINES) {
      this.#lines++;
      return true;
    }
    this.#clock.after(this.#beganMs + WINDOW_MS - nowMs, () => this.#tell());
    this.#leftOut = 1;
    return false;
  }

  #tell(): void {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#log.warn({ leftOut }, `${leftOut} more ${this.#what} were left out; /status has every count.`);
  }
}
