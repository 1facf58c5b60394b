const LEAST_CELLS = 8;
const NONE = new Uint32Array(0);

/**
 * A number for each entry of a queue, by the entries' numbers, which go up: four bytes for each from the oldest entry to the newest one. 0
 * is no entry.
 */
export class SeqTable {
  #cells = NONE;
  #count = 0;
  #first = 1;
  #next = 1;

  get count(): number {
    return this.#count;
  }

  /** The number of the oldest entry; `next` where there is none. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next entry gets. */
  get next(): number {
    return this.#next;
  }

  /** Has the numbers of new entries begin here, if they are not further already. */
  beginAt(seq: number): void {
    if (seq <= this.#next) return;
    if (this.#count === 0) this.#first = seq;
    else this.#reach(seq);
    this.#next = seq;
  }

  /** Adds an entry under `next` or any later number; `value` is not 0. */
  add(seq: number, value: number): void {
    if (this.#count === 0) this.#first = seq;
    this.#reach(seq);
    this.#cells[this.#at(seq)] = value;
    this.#next = seq + 1;
    this.#count++;
  }

  /** Makes room up to a number, with no entries before it. */
  #reach(seq: number): void {
    if (seq - this.#first >= this.#cells.length) this.#resize(seq - this.#first + 1);
    // What an earlier round has left there.
    for (let hole = Math.max(this.#next, this.#first); hole < seq; hole++) this.#cells[this.#at(hole)] = 0;
  }

  get(seq: number): number {
    return seq < this.#first || seq >= this.#next ? 0 : (this.#cells[this.#at(seq)] as number);
  }

  /** Gives an entry that is there another value. */
  set(seq: number, value: number): void {
    this.#cells[this.#at(seq)] = value;
  }

  /** Takes an entry that is there away. */
  delete(seq: number): void {
    this.#cells[this.#at(seq)] = 0;
    this.#count--;
    if (this.#count > 0) {
      while (this.#cells[this.#at(this.#first)] === 0) this.#first++;
      return;
    }
    this.#first = this.#next;
    if (this.#cells.length > LEAST_CELLS) this.#cells = NONE;
  }

  *seqs(): Generator<number> {
    for (let seq = this.#first; seq < this.#next; seq++) if (this.#cells[this.#at(seq)] !== 0) yield seq;
  }

  #at(seq: number): number {
    return seq & (this.#cells.length - 1);
  }

  #resize(span: number): void {
    let length = LEAST_CELLS;
    while (length < span) length *= 2;
    const cells = new Uint32Array(length);
    for (let seq = this.#first; seq < this.#next; seq++) cells[seq & (length - 1)] = this.get(seq);
    this.#cells = cells;
  }
}
