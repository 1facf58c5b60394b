import { TIMES } from '../codes.ts';

/** The waits between tries to get through to a gateway (SPEC.md, section 10): doubled each time, with jitter. */
export class Backoff {
  readonly #random: () => number;
  #waitMs: number = TIMES.helloFirstRetryMs;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long to wait before the next try, in milliseconds. */
  next(): number {
    const { helloJitterMin, helloJitterMax, helloMaxRetryMs } = TIMES;
    const waitMs = this.#waitMs * (helloJitterMin + this.#random() * (helloJitterMax - helloJitterMin));
    this.#waitMs = Math.min(this.#waitMs * 2, helloMaxRetryMs);
    return waitMs;
  }

  /** It got through. */
  reset(): void {
    this.#waitMs = TIMES.helloFirstRetryMs;
  }
}
