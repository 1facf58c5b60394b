/** So much in a second, and as much at once after a second of rest. */
export class TokenBucket {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  /** `nowMs` here and below is `Clock.monotonicMs`. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#atMs = nowMs;
  }

  /** Takes `count` where it is there; false, and nothing, where it is not. */
  take(count: number, nowMs: number): boolean {
    this.#left = Math.min(this.#perSecond, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    if (count > this.#left) return false;
    this.#left -= count;
    return true;
  }
}
