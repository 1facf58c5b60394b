/** Work that is done one piece after the other, whatever came of the one before. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** Does it when it is its turn; settles as it does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
