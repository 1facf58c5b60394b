import type { Clock } from './clock.ts';

/** What is known of a wall clock. */
export type WallClock = Pick<Clock, 'isTrusted' | 'isSynchronized'>;

/** A clock whose monotonic reading goes on from what an earlier run of the gateway had reached. */
export class GatewayClock implements Clock {
  readonly #base: Clock;
  readonly #wall: WallClock;
  readonly #aheadMs: number;

  /** `ranMs` is what the monotonic reading begins with. */
  constructor(base: Clock, wall: WallClock, ranMs: number) {
    this.#base = base;
    this.#wall = wall;
    this.#aheadMs = ranMs - base.monotonicMs();
  }

  now(): number {
    return this.#base.now();
  }

  isTrusted(): boolean {
    return this.#wall.isTrusted();
  }

  isSynchronized(): boolean {
    return this.#wall.isSynchronized();
  }

  monotonicMs(): number {
    return this.#base.monotonicMs() + this.#aheadMs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#base.after(delayMs, run);
  }

  every(intervalMs: number, run: () => void): () => void {
    return this.#base.every(intervalMs, run);
  }
}
