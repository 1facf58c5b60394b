/** What becomes of a value that gateways share by a key, where several of them set it: what follows from what one of them knows. */

/** Who set a value, and when by the clock of that gateway, in milliseconds since 1970. */
export interface Stamp {
  readonly setMs: number;
  readonly gateway: string;
}

/** What was set or removed here, and is not in the bucket yet. */
export interface Change extends Stamp {
  /** Up to where in the bucket this gateway had heard when it was set: it takes the place of all that. */
  readonly seen: number;
  /** It was set just then; otherwise it had been there, and the bucket was not known. */
  readonly isNews: boolean;
}

/** What the bucket has. */
export interface Entry {
  readonly sequence: number;
  /** undefined: it was removed by no gateway. */
  readonly stamp: Stamp | undefined;
  /** It says the same as what is here. */
  readonly isSame: boolean;
}

/** `write`: what is here goes to the bucket. `take`: what the bucket has is to be here, too. `rest`: both are the same. */
export type Decision = 'write' | 'take' | 'rest';

/** Of two values that were set by gateways which did not know of each other, the later one stays; of one moment, that of the greater name. */
export function isLater(one: Stamp, other: Stamp): boolean {
  return one.setMs === other.setMs ? one.gateway > other.gateway : one.setMs > other.setMs;
}

/** What becomes of a change, as long as the bucket has `entry`. */
export function decide(change: Change, entry: Entry | undefined): Decision {
  if (entry === undefined) return 'write';
  const { stamp, sequence, isSame } = entry;
  if (isSame && !change.isNews) return 'rest';
  if (stamp !== undefined && stamp.setMs === change.setMs && stamp.gateway === change.gateway) return 'rest';
  if (stamp === undefined || sequence <= change.seen) return 'write';
  // What this gateway itself wrote before, it knew.
  if (change.isNews && stamp.gateway === change.gateway) return 'write';
  return isLater(change, stamp) ? 'write' : 'take';
}

/** With which stamp a change is written: later than what it takes the place of, also where the clock is behind. */
export function stampOf({ setMs, gateway }: Change, stamp: Stamp | undefined): Stamp {
  const own = { setMs, gateway };
  return stamp === undefined || isLater(own, stamp) ? own : { setMs: stamp.setMs + 1, gateway };
}
