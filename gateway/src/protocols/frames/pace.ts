/** Counts events in periods: at most so many in each. Time may jump; then a new period begins. */
export class Pace {
  readonly #most: number;
  readonly #periodMs: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(most: number, periodMs: number) {
    this.#most = most;
    this.#periodMs = periodMs;
  }

  /** Counts one event. False where it is one too many. */
  allows(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#sinceMs) >= this.#periodMs) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    return ++this.#count <= this.#most;
  }
}
