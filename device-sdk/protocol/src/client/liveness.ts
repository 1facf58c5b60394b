import { TIMES } from '../codes.ts';
import type { FrameClientClock } from './types.ts';

export interface LivenessHandler {
  ping(): void;
  /** Nothing was heard for too long: the link is lost. */
  silent(): void;
}

/** Whether both sides of a link still say something (SPEC.md, section 10). */
export class Liveness {
  readonly #clock: FrameClientClock;
  readonly #handler: LivenessHandler;
  #saidMs = 0;
  #heardMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: FrameClientClock, handler: LivenessHandler) {
    this.#clock = clock;
    this.#handler = handler;
  }

  /** A link is there; changes nothing where it was there before. */
  start(): void {
    if (this.#cancel !== undefined) return;
    this.#saidMs = this.#clock.now();
    this.#heardMs = this.#saidMs;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  said(): void {
    this.#saidMs = this.#clock.now();
  }

  heard(): void {
    this.#heardMs = this.#clock.now();
  }

  #arm(): void {
    const now = this.#clock.now();
    const dueMs = Math.min(this.#saidMs + TIMES.pingMs, this.#heardMs + TIMES.silentMs);
    this.#cancel = this.#clock.after(Math.min(Math.max(1, dueMs - now), TIMES.pingMs), () => this.#ring());
  }

  #ring(): void {
    const now = this.#clock.now();
    if (now - this.#heardMs >= TIMES.silentMs) {
      this.#cancel = undefined;
      this.#handler.silent();
      return;
    }
    if (now - this.#saidMs >= TIMES.pingMs) {
      // Where the link has no room now, the next try comes with the next ring, not at once.
      this.said();
      this.#handler.ping();
    }
    this.#arm();
  }
}
