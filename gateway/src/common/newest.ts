/** Of how many entries, and of how many bytes in all, about. */
export interface NewestLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
}

/** The newest entries, as many as there is room for; the very newest in any case. */
export class Newest<Entry extends { readonly bytes: number }> {
  readonly #limits: NewestLimits;
  readonly #removed: (entry: Entry) => void;
  readonly #list: Entry[] = [];
  /** Where the oldest is in `#list`; those before it are gone. */
  #first = 0;
  #bytes = 0;

  /** `removed` is given those that have to make room. */
  constructor(limits: NewestLimits, removed: (entry: Entry) => void = () => {}) {
    this.#limits = limits;
    this.#removed = removed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry): void {
    this.#list.push(entry);
    this.#bytes += entry.bytes;
    const { maxCount, maxBytes } = this.#limits;
    while (this.#count > maxCount || (this.#bytes > maxBytes && this.#count > 1)) this.#removeOldest();
  }

  /** One of them has so many more bytes now. Room is made for them with the next one. */
  readonly grow = (bytes: number): void => {
    this.#bytes += bytes;
  };

  /** Oldest first. */
  *[Symbol.iterator](): Generator<Entry> {
    for (let index = this.#first; index < this.#list.length; index++) yield this.#list[index] as Entry;
  }

  *newestFirst(): Generator<Entry> {
    for (let index = this.#list.length - 1; index >= this.#first; index--) yield this.#list[index] as Entry;
  }

  get #count(): number {
    return this.#list.length - this.#first;
  }

  #removeOldest(): void {
    const entry = this.#list[this.#first++] as Entry;
    this.#bytes -= entry.bytes;
    // The gone ones are cut off now and then.
    if (this.#first * 2 > this.#list.length) {
      this.#list.splice(0, this.#first);
      this.#first = 0;
    }
    this.#removed(entry);
  }
}
