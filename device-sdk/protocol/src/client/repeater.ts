import { TIMES } from '../codes.ts';
import type { FrameClientClock } from './types.ts';

export interface RepeaterHandler {
  /** Whether anything under way is still unanswered. */
  isWaiting(): boolean;
  /** Sends it again. */
  again(): void;
  /** Nothing was answered after all repetitions: the link is lost. */
  giveUp(): void;
}

/** When what was not answered is sent again (SPEC.md, section 10): one timer for all of it. */
export class Repeater {
  readonly #clock: FrameClientClock;
  readonly #handler: RepeaterHandler;
  #waitMs: number = TIMES.repeatFirstMs;
  #count = 0;
  #dueMs = 0;
  #idle = true;
  #cancel: (() => void) | undefined;

  constructor(clock: FrameClientClock, handler: RepeaterHandler) {
    this.#clock = clock;
    this.#handler = handler;
  }

  /** Something is under way. */
  start(): void {
    if (this.#idle) this.progress();
    this.#idle = false;
    if (this.#cancel === undefined) this.#arm();
  }

  /** All of it was answered. */
  idle(): void {
    this.#idle = true;
  }

  /** Something was answered. The timer stays and finds out when it rings: progress is frequent, repetitions are not. */
  progress(): void {
    this.#waitMs = TIMES.repeatFirstMs;
    this.#count = 0;
    this.#dueMs = this.#clock.now() + this.#waitMs;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#idle = true;
  }

  #arm(): void {
    this.#dueMs = this.#clock.now() + this.#waitMs;
    this.#cancel = this.#clock.after(this.#waitMs, () => this.#ring());
  }

  #ring(): void {
    this.#cancel = undefined;
    if (!this.#handler.isWaiting()) return;
    const leftMs = Math.min(this.#dueMs - this.#clock.now(), TIMES.repeatMaxMs);
    if (leftMs > 0) {
      this.#cancel = this.#clock.after(leftMs, () => this.#ring());
      return;
    }
    if (++this.#count > TIMES.repeatMaxCount) {
      this.#handler.giveUp();
      return;
    }
    this.#waitMs = Math.min(this.#waitMs * 2, TIMES.repeatMaxMs);
    this.#arm();
    this.#handler.again();
  }
}
