/** An event that a helper program printed: one JSON object a line. */
export interface LineEvent {
  event: string;
  [field: string]: unknown;
}

interface Waiter {
  matches(event: LineEvent): boolean;
  resolve(event: LineEvent): void;
  reject(error: Error): void;
}

/**
 * Collects events and lets a test wait for one. An event that nobody waited for yet is kept, and one that was waited
 * for is taken out, so that the order of waiting does not matter.
 */
export class EventQueue {
  readonly #name: string;
  readonly #kept: LineEvent[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended: Error | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** The events that nobody took yet. */
  get kept(): readonly LineEvent[] {
    return this.#kept;
  }

  push(event: LineEvent): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
      return;
    }
    this.#kept.push(event);
  }

  /** Fails everyone who waits, and whoever will. */
  end(why: string): void {
    this.#ended = new Error(`${this.#name} ended: ${why}`);
    for (const waiter of this.#waiters) waiter.reject(this.#ended);
    this.#waiters.clear();
  }

  /** The first event that matches, kept or yet to come. Rejects after `timeoutMs`, naming what did come. */
  take(what: string, matches: (event: LineEvent) => boolean, timeoutMs = 30_000): Promise<LineEvent> {
    const index = this.#kept.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#kept.splice(index, 1)[0] as LineEvent);
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matches,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.#kept.slice(-10).map((event) => JSON.stringify(event));
        reject(new Error(`${this.#name}: no ${what} within ${timeoutMs} ms; untaken: ${seen.join(' ') || 'nothing'}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
