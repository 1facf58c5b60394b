/** Counts events in periods: at most so many in each. */
export class Pace {
  readonly #most: number;
  readonly #periodMs: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(most: number, periodMs: number) {
    this.#most = most;
    this.#periodMs = periodMs;
  }

  /** Counts one event, at `Clock.monotonicMs`. False where it is one too many. */
  allows(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= this.#periodMs) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    return ++this.#count <= this.#most;
  }
}
