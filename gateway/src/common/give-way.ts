import { constants, getPriority, setPriority } from 'node:os';

/** Lets others go first, those of the same process too: `by` is added to the niceness, which anybody may raise. */
export function giveWay(by: number): void {
  try {
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + by));
  } catch {
    // It is a favour to others, and no reason to fail.
  }
}
