import type { Clock } from '../common/clock.ts';

/** So many at once, then one in so long. */
export interface Pace {
  burst: number;
  intervalMs: number;
}

/** How many keys are remembered; the one that was not used for longest makes room. */
const MAX_KEYS = 10_000;

/** How often something happens, by key: when the next one may. */
export class PaceTable {
  readonly #pace: Pace;
  readonly #clock: Clock;
  /** When all that a key has taken is forgotten, by `Clock.monotonicMs`. */
  readonly #freeMs = new Map<string, number>();

  constructor(pace: Pace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#freeMs.size;
  }

  /** How long the next one must wait. */
  waitMs(key: string): number {
    const { burst, intervalMs } = this.#pace;
    const takenMs = (this.#freeMs.get(key) ?? 0) - this.#clock.monotonicMs();
    return Math.max(0, takenMs - (burst - 1) * intervalMs);
  }

  /** Takes the place of one. */
  take(key: string): void {
    const nowMs = this.#clock.monotonicMs();
    const freeMs = Math.max(this.#freeMs.get(key) ?? 0, nowMs) + this.#pace.intervalMs;
    this.#freeMs.delete(key);
    this.#freeMs.set(key, freeMs);
    if (this.#freeMs.size > MAX_KEYS) this.#freeMs.delete(this.#freeMs.keys().next().value as string);
  }

  giveBack(key: string): void {
    const freeMs = this.#freeMs.get(key);
    if (freeMs === undefined) return;
    const left = freeMs - this.#pace.intervalMs;
    if (left <= this.#clock.monotonicMs()) this.#freeMs.delete(key);
    else this.#freeMs.set(key, left);
  }
}
