const NOBODY: ReadonlySet<string> = new Set();

/** What waits, by whose it is: each of those who have something waiting has its turn, however much one of them brings. */
export class FairQueue<Item> {
  readonly #most: number;
  readonly #mostOfOne: number;
  /** By owner, in the order of their turns. */
  readonly #waiting = new Map<string, Item[]>();
  #size = 0;

  /** `most` in all, and `mostOfOne` of one owner. */
  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  get size(): number {
    return this.#size;
  }

  /** False if there is no room. */
  add(owner: string, item: Item): boolean {
    const own = this.#waiting.get(owner);
    if (this.#size >= this.#most || (own?.length ?? 0) >= this.#mostOfOne) return false;
    if (own) own.push(item);
    else this.#waiting.set(owner, [item]);
    this.#size++;
    return true;
  }

  /** The oldest of the owner whose turn it is, of those that are not `busy`; undefined if nothing of them waits. */
  take(busy: ReadonlySet<string> = NOBODY): Item | undefined {
    for (const [owner, own] of this.#waiting) {
      if (busy.has(owner)) continue;
      const item = own.shift();
      this.#waiting.delete(owner);
      if (own.length > 0) this.#waiting.set(owner, own);
      if (item === undefined) continue;
      this.#size--;
      return item;
    }
    return undefined;
  }
}
