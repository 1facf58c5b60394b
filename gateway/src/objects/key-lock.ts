/** Lets changes of the same key run one after another. */
export class KeyLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `change` when all changes of the same key that were requested before are done. */
  async run<T>(key: string, change: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(change, change);
    const settled = mine.catch(() => {});
    this.#last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
