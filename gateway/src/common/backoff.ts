/** Longer and longer pauses: each up to twice the one before, and at least half of that, so that not all come together. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives a number from 0 up to but not including 1. */
  constructor(firstMs: number, longestMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** The next pause, milliseconds. */
  next(): number {
    const mostMs = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#failures++, 30));
    return mostMs / 2 + (mostMs / 2) * this.#random();
  }

  reset(): void {
    this.#failures = 0;
  }
}
