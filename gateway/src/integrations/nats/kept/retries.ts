import { Backoff } from '../../../common/backoff.ts';
import type { Clock } from '../../../common/clock.ts';

/** How long it is waited before the servers are asked again, and at most, where nothing else is said. */
const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Does something again and again until it is told to stop, with longer and longer pauses. */
export class Retries {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #run = 0;

  constructor({ clock, longestMs = LONGEST_MS }: { clock: Clock; longestMs?: number }) {
    this.#clock = clock;
    this.#backoff = new Backoff(FIRST_MS, longestMs, () => 0.5);
  }

  /** Ends what was run before. `attempt` must not reject. */
  async run(attempt: () => Promise<void>): Promise<void> {
    const run = ++this.#run;
    this.#backoff.reset();
    while (run === this.#run) {
      await attempt();
      if (run !== this.#run) return;
      await new Promise<void>((resolve) => void this.#clock.after(this.#backoff.next(), resolve));
    }
  }

  /** It went well: the next pause is short. */
  reset(): void {
    this.#backoff.reset();
  }

  stop(): void {
    this.#run++;
  }
}
