import type { Clock } from '../hub/clock.ts';

/** A clock whose monotonic reading goes on from what an earlier run of the gateway had reached. */
export class GatewayClock implements Clock {
  readonly #base: Clock;
  readonly #isTrusted: () => boolean;
  readonly #aheadMs: number;

  /** `ranMs` is what the monotonic reading begins with. */
  constructor(base: Clock, isTrusted: () => boolean, ranMs: number) {
    this.#base = base;
    this.#isTrusted = isTrusted;
    this.#aheadMs = ranMs - base.monotonicMs();
  }

  now(): number {
    return this.#base.now();
  }

  isTrusted(): boolean {
    return this.#isTrusted();
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
