/** Events in their order, for readers that come when they like. */
export class EventTrail<T> {
  readonly #events: T[] = [];
  #waiting: (() => void)[] = [];
  #end: string | undefined;
  /** Where the next `waitFor` begins. */
  #cursor = 0;

  push(event: T): void {
    this.#events.push(event);
    this.#wake();
  }

  /** No more will come; whoever waits for one learns `reason`. */
  end(reason: string): void {
    this.#end = reason;
    this.#wake();
  }

  /**
   * The next event that `wanted` accepts, after the one that an earlier call found. Calls that wait at the same time
   * look at the same events. Rejects where none can come.
   */
  async waitFor(wanted: (event: T) => boolean): Promise<T> {
    for (let index = this.#cursor; ; index++) {
      while (index >= this.#events.length) {
        if (this.#end !== undefined) throw new Error(this.#end);
        await this.#more();
      }
      const event = this.#events[index] as T;
      if (!wanted(event)) continue;
      this.#cursor = Math.max(this.#cursor, index + 1);
      return event;
    }
  }

  /** Every event from the first on, until the end. */
  async *all(): AsyncGenerator<T> {
    for (let index = 0; ; index++) {
      while (index >= this.#events.length) {
        if (this.#end !== undefined) return;
        await this.#more();
      }
      yield this.#events[index] as T;
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
