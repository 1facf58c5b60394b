import { TIMES } from '../codes.ts';
import { Backoff } from './backoff.ts';
import type { FrameClientClock } from './types.ts';

/** When to say Hello (SPEC.md, sections 9 and 10). */
export class Greeter {
  readonly #clock: FrameClientClock;
  readonly #backoff: Backoff;
  /** Says Hello, or notices that it has to wait. */
  readonly #greet: () => void;
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: FrameClientClock, random: () => number, greet: () => void) {
    this.#clock = clock;
    this.#backoff = new Backoff(random);
    this.#greet = greet;
  }

  /** How long the gateway wants to hear no Hello, in milliseconds. */
  get delayMs(): number {
    return Math.max(0, this.#holdUntilMs - this.#clock.now());
  }

  /** The gateway wants to hear nothing for a while. */
  hold(): void {
    this.#holdUntilMs = this.#clock.now() + TIMES.refusedRetryMs;
  }

  /** Plans the next Hello: after what the gateway asked for, else after the next wait of the back-off. */
  plan(): void {
    this.#cancel?.();
    const { delayMs } = this;
    this.#cancel = this.#clock.after(delayMs > 0 ? delayMs : this.#backoff.next(), this.#greet);
  }

  /** No Hello is wanted: the link is gone. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** It was welcome. */
  welcomed(): void {
    this.stop();
    this.#backoff.reset();
  }
}
