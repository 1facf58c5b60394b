import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/**
 * What the system knows of its wall clock: `set` by a time server, `unset` while it still waits for one, or `untold` where nobody sets
 * it but a person, or there is nobody to ask.
 */
export type ClockState = 'set' | 'unset' | 'untold';

export interface ClockTrustOptions {
  clock: Pick<Clock, 'now' | 'monotonicMs' | 'after'>;
  log: Log;
  /** Asks the system; never rejects. */
  ask(): Promise<ClockState>;
}

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;
/** How often it is asked again where nobody could tell. */
const UNTOLD_PAUSE_MS = 3_600_000;
/** A step of more than this shows that the wall clock was wrong before, or is now. */
const LONGEST_STEP_MS = 86_400_000;

/**
 * The one answer to "is the wall clock known to be right". It is while the system says so, or where nobody can tell. After a step of
 * more than a day the system is asked anew; where nobody can tell, whoever set the clock is believed.
 */
export class ClockTrust {
  readonly #options: ClockTrustOptions;
  readonly #pauses = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, () => 1);
  #state: ClockState = 'unset';
  /** What the wall clock was ahead of the monotonic one when it was last looked at. */
  #offsetMs: number;
  #askedMs = 0;
  #isTold: boolean | undefined;
  #isAsking = false;
  #isOver = false;
  #cancel: () => void = () => {};

  constructor(options: ClockTrustOptions) {
    this.#options = options;
    this.#offsetMs = this.#readOffset();
  }

  /** Asks for the first time, and then by itself as often as need be. Never rejects. */
  async start(): Promise<void> {
    await this.#ask();
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  isTrusted(): boolean {
    this.#look();
    return this.#state !== 'unset';
  }

  isSynchronized(): boolean {
    this.#look();
    return this.#state === 'set';
  }

  /** Sees whether the wall clock stepped; asks anew if it did. */
  #look(): void {
    const offsetMs = this.#readOffset();
    const stepMs = offsetMs - this.#offsetMs;
    if (Math.abs(stepMs) <= LONGEST_STEP_MS) return;
    this.#offsetMs = offsetMs;
    if (this.#state === 'set') this.#state = 'unset';
    this.#options.log.warn({ stepMs }, 'the wall clock stepped by more than a day');
    this.#pauses.reset();
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    this.#cancel();
    const offsetMs = this.#offsetMs;
    const state = await this.#options.ask();
    this.#isAsking = false;
    if (this.#isOver) return;
    this.#look();
    // An answer from before a step says nothing about the time after it.
    if (offsetMs === this.#offsetMs) this.#state = state;
    this.#tell();
    this.#askedMs = this.#options.clock.monotonicMs();
    if (this.#state === 'unset') this.#later(this.#pauses.next(), () => void this.#ask());
    else this.#watch();
  }

  /** A clock that is not waited for is only looked at, as that costs nothing. */
  #watch(): void {
    this.#later(LONGEST_PAUSE_MS, () => {
      this.#look();
      if (this.#isAsking) return;
      if (this.#state === 'untold' && this.#options.clock.monotonicMs() - this.#askedMs >= UNTOLD_PAUSE_MS)
        void this.#ask();
      else this.#watch();
    });
  }

  #later(delayMs: number, run: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(delayMs, run);
  }

  #tell(): void {
    const isTrusted = this.isTrusted();
    if (isTrusted === this.#isTold) return;
    const { log } = this.#options;
    if (!isTrusted) {
      log.warn(
        {},
        'the clock is not known to be right yet: until a time server has set it, messages for a moment wait, nothing is deleted ' +
          'for its age by it, and the age of signed requests is not checked. ' +
          'Where there is no time server, set it by hand: timedatectl set-ntp false; timedatectl set-time ...',
      );
    } else if (this.#isTold !== undefined) log.info({}, 'the clock is known to be right');
    this.#isTold = isTrusted;
  }

  #readOffset(): number {
    const { clock } = this.#options;
    return clock.now() - clock.monotonicMs();
  }
}
