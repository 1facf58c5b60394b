/** The newest values of something that never ends, in an array of fixed length. */
export class Ring<T> {
  readonly #items: T[] = [];
  readonly #max: number;
  #start = 0;

  /** @param max how many it keeps */
  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Adds a value, in place of the oldest where it is full. */
  push(item: T): void {
    if (this.#items.length < this.#max) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.#max;
  }

  /** All of them, the oldest first. */
  toArray(): T[] {
    return [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)];
  }

  clear(): void {
    this.#items.length = 0;
    this.#start = 0;
  }
}
