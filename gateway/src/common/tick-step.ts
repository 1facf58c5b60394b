/** A machine that slept, or a process that was stopped, must not look like a long silence of every client. */
const LONGEST_STEP_MS = 5000;

/** How much of the time between two ticks counts as silence; milliseconds of the monotonic clock. */
export function tickStep(fromMs: number, toMs: number): number {
  return Math.min(toMs - fromMs, LONGEST_STEP_MS);
}
