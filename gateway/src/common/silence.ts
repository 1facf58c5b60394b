import { tickStep } from './tick-step.ts';

/**
 * How long a peer has been silent, counted in ticks, so that a message costs no look at the clock. A silence is up to one tick longer
 * than it is taken for, never shorter. How long it may be, and what becomes of it then, is each protocol's own.
 */
export class Silence {
  /** How long nothing has come. */
  silentMs = 0;
  #heard = false;
  #lastTickMs: number;

  constructor(nowMs: number) {
    this.#lastTickMs = nowMs;
  }

  /** True where something came since the last tick. */
  get wasHeard(): boolean {
    return this.#heard;
  }

  /** Something came. */
  heard(): void {
    this.#heard = true;
  }

  /** Counts the time since the last tick, and returns how much of it counts. */
  tick(nowMs: number): number {
    const stepMs = tickStep(this.#lastTickMs, nowMs);
    this.#lastTickMs = nowMs;
    this.silentMs = this.#heard ? 0 : this.silentMs + stepMs;
    this.#heard = false;
    return stepMs;
  }
}
