import type { Clock } from '../../common/clock.ts';

/** Called with whether the newcomer gets the handle. */
export type Answer = (isFree: boolean) => void;

/**
 * The newcomers that want the handle of one session, which has been asked whether it is there. If it stays silent the
 * one that waited longest gets the handle, and no other.
 */
export class Contest {
  readonly #answers: Answer[] = [];
  readonly #cancelTimer: () => void;

  /** Calls `timeUp` after `waitMs`, if the contest was not settled before. */
  constructor(clock: Clock, waitMs: number, timeUp: () => void) {
    this.#cancelTimer = clock.after(waitMs, timeUp);
  }

  /** Adds a newcomer; the returned function takes it away again. */
  enter(answer: Answer): () => void {
    this.#answers.push(answer);
    return () => {
      const index = this.#answers.indexOf(answer);
      if (index >= 0) this.#answers.splice(index, 1);
    };
  }

  /** Tells everyone who waits. Call it once. */
  settle(isFree: boolean): void {
    this.#cancelTimer();
    for (const [index, answer] of this.#answers.splice(0).entries()) answer(isFree && index === 0);
  }
}
