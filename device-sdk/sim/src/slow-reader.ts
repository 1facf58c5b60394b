import type { FrameClientClock } from '@crosscomm/protocol';
import type { Connection } from './link.ts';

/** Hands frames on no faster than so many bytes a second, and stops reading meanwhile. */
export class SlowReader {
  readonly #bytesPerSecond: number;
  readonly #clock: FrameClientClock;
  readonly #take: (frame: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #connection: Connection | undefined;
  #cancel: (() => void) | undefined;

  constructor(bytesPerSecond: number, clock: FrameClientClock, take: (frame: Uint8Array) => void) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#take = take;
  }

  push(frame: Uint8Array, connection: Connection): void {
    this.#connection = connection;
    this.#waiting.push(new Uint8Array(frame));
    if (this.#cancel) return;
    connection.pause();
    this.#wait();
  }

  /** The connection is gone, and what waited with it. */
  reset(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
    this.#connection = undefined;
  }

  #wait(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#cancel = undefined;
      this.#connection?.resume();
      return;
    }
    this.#cancel = this.#clock.after((first.length / this.#bytesPerSecond) * 1000, () => {
      this.#waiting.shift();
      this.#take(first);
      // Taking it may have ended the connection.
      if (this.#connection) this.#wait();
    });
  }
}
