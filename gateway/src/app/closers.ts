import type { Log } from '../common/log.ts';

/** Has something undone when the gateway stops, or when its start fails. */
export type OnClose = (close: () => void | Promise<void>) => void;

/** What is to be undone, the last first, each after the one before it. */
export class Closers {
  readonly #log: Log;
  readonly #closers: (() => void | Promise<void>)[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  readonly add: OnClose = (close) => {
    this.#closers.push(close);
  };

  /** Undoes everything. Never rejects: what does not close cleanly is logged, and the next one is undone. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ code: 'INTERNAL', error }, 'something did not close cleanly');
      }
    }
  }
}
