/** The longest window, in values. */
export const MAX_WINDOW = 50;

/** The last values that one call in one subscription has seen; it is longer than what it has seen while it fills. */
export class Window {
  readonly #values: Float64Array;
  #count = 0;
  #next = 0;

  /** `length` is from 1 to MAX_WINDOW. */
  constructor(length: number) {
    this.#values = new Float64Array(length);
  }

  /** Takes a value in; the oldest makes room for it. */
  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    if (this.#count < this.#values.length) this.#count++;
  }

  sum(): number {
    let sum = 0;
    for (const value of this.#seen()) sum += value;
    return sum;
  }

  /** The sum divided by the window's whole length, as OOCSI does also while it fills. */
  mean(): number {
    return this.sum() / this.#values.length;
  }

  /** The root of the squared distances from `mean()`, divided by the whole length. */
  standardDeviation(): number {
    const mean = this.mean();
    let squares = 0;
    for (const value of this.#seen()) squares += (value - mean) ** 2;
    return Math.sqrt(squares / this.#values.length);
  }

  least(): number {
    return Math.min(...this.#seen());
  }

  greatest(): number {
    return Math.max(...this.#seen());
  }

  #seen(): Float64Array {
    return this.#count < this.#values.length ? this.#values.subarray(0, this.#count) : this.#values;
  }
}
