import { tickStep } from '../../common/tick-step.ts';

/**
 * How long a client has been silent, counted in ticks, so that a message costs no look at the clock. Pings are up to one
 * tick early and timeouts up to one tick late, never the other way round.
 */
export class Silence {
  /** How long nothing has come from the client. */
  silentMs = 0;
  /** How long nothing has gone either way, or since the last ping. */
  #quietMs = 0;
  #heard = false;
  #told = false;
  #lastTickMs: number;

  constructor(nowMs: number) {
    this.#lastTickMs = nowMs;
  }

  /** True where something came since the last tick. */
  get wasHeard(): boolean {
    return this.#heard;
  }

  /** Something came from the client. */
  heard(): void {
    this.#heard = true;
  }

  /** Something went to the client. */
  told(): void {
    this.#told = true;
  }

  /**
   * Counts the time since the last tick. True where a ping is due, every `pingAfterMs` of quiet;
   * `toldCounts`: what went to the client breaks the quiet too.
   */
  tick(nowMs: number, pingAfterMs: number, toldCounts: boolean): boolean {
    const stepMs = tickStep(this.#lastTickMs, nowMs);
    this.#lastTickMs = nowMs;
    this.silentMs = this.#heard ? 0 : this.silentMs + stepMs;
    this.#quietMs = this.#heard || (toldCounts && this.#told) ? stepMs : this.#quietMs + stepMs;
    this.#heard = false;
    this.#told = false;
    if (this.#quietMs < pingAfterMs) return false;
    this.#quietMs = 0;
    return true;
  }
}
