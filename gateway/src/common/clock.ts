/**
 * Time, handed in: the real clock in the gateway, one that a test moves by hand elsewhere. What lasts (a timeout, an age, a rate, a
 * time to live) is measured by `monotonicMs`, also where it is kept on disk; a moment that a person or a peer named is compared with
 * `now`, and believed only while `isTrusted`.
 */
export interface Clock {
  /** The wall clock, milliseconds since 1970. A Pi without a network may be years behind, and steps when it hears the time. */
  now(): number;
  /** Whether `now` is known to be right. Cheap: it asks nobody. */
  isTrusted(): boolean;
  /** Whether a time server vouches for `now`, so that what is old by it may be deleted. Cheap, too. */
  isSynchronized(): boolean;
  /**
   * Milliseconds that never step and never go backwards; only differences mean anything. The gateway's clock goes on over a
   * restart from where it was, and stands still while the gateway is off. After a power cut it may be some minutes behind, so that
   * what was kept then may lie ahead of it.
   */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Calls `run` every `intervalMs`; the returned function ends it. */
  every(intervalMs: number, run: () => void): () => void;
}

/** setTimeout holds at most 2^31 - 1 ms; longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock, taken as right. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  isTrusted: () => true,
  isSynchronized: () => true,
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => (leftMs > pieceMs ? wait(leftMs - pieceMs) : run()), pieceMs);
      timer.unref();
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
