import { Silence } from '../../common/silence.ts';

/** How long a client has been silent, and when it is to be pinged. */
export class PingedSilence extends Silence {
  /** Milliseconds since anything was sent or received, or since the last ping. */
  #quietMs = 0;
  #told = false;

  /** Something went to the client. */
  told(): void {
    this.#told = true;
  }

  /**
   * Counts the time since the last tick. True where a ping is due, every `pingAfterMs` of quiet, up to one tick early;
   * `toldCounts`: what went to the client breaks the quiet too.
   */
  isPingDue(nowMs: number, pingAfterMs: number, toldCounts: boolean): boolean {
    const isBroken = this.wasHeard || (toldCounts && this.#told);
    const stepMs = this.tick(nowMs);
    this.#quietMs = isBroken ? stepMs : this.#quietMs + stepMs;
    this.#told = false;
    if (this.#quietMs < pingAfterMs) return false;
    this.#quietMs = 0;
    return true;
  }
}
