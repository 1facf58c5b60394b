import { getPriority, setPriority } from 'node:os';

/** Lets others go first: a niceness of at least `niceness`. Who has a higher one already keeps it, as only root may lower that. */
export function giveWay(niceness: number): void {
  try {
    if (getPriority() < niceness) setPriority(niceness);
  } catch {
    // It is a favour to others, and no reason to fail.
  }
}
