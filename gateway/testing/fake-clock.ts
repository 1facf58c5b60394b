import type { Clock } from '../src/common/clock.ts';

interface Timer {
  dueMs: number;
  intervalMs: number | undefined;
  run: () => void;
}

/** A clock that stands still until it is told to move: both its readings by `advance`, the wall clock alone by `jumpTo`. */
export class FakeClock implements Clock {
  /** What `isTrusted` says. */
  trusted = true;
  /** What `isSynchronized` says, while it is trusted. */
  synchronized = true;
  #monotonicMs: number;
  /** What the wall clock is ahead of the monotonic one. */
  #offsetMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 2, 3, 4, 5), monotonicMs = 0) {
    this.#monotonicMs = monotonicMs;
    this.#offsetMs = nowMs - monotonicMs;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#monotonicMs + this.#offsetMs;
  }

  isTrusted(): boolean {
    return this.trusted;
  }

  isSynchronized(): boolean {
    return this.trusted && this.synchronized;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + delayMs, intervalMs: undefined, run });
  }

  every(intervalMs: number, run: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + intervalMs, intervalMs, run });
  }

  /** Moves on by `ms`, running every timer that falls due on the way, in order. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.dueMs <= endMs && (!next || timer.dueMs < next.dueMs)) next = timer;
      }
      if (!next) break;
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      if (next.intervalMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.intervalMs;
      next.run();
    }
    this.#monotonicMs = endMs;
  }

  /** Steps the wall clock alone, as a first NTP answer does; timers and the monotonic reading do not notice. */
  jumpTo(nowMs: number): void {
    this.#offsetMs = nowMs - this.#monotonicMs;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
