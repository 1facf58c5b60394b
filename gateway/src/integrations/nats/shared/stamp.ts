/** When something was changed, and at which gateway. Times are those of that gateway's clock, and later than all that it knew of. */
export interface Stamp {
  /** Milliseconds since 1970; 0: from before this gateway shared it. */
  readonly timeMs: number;
  readonly gateway: string;
}

/** Whether one change counts in place of another: the later one; of two at the same time, that of the later name. */
export function isLater(one: Stamp, other: Stamp | undefined): boolean {
  if (other === undefined) return true;
  return one.timeMs === other.timeMs ? one.gateway > other.gateway : one.timeMs > other.timeMs;
}

export function isSameStamp(one: Stamp, other: Stamp): boolean {
  return one.timeMs === other.timeMs && one.gateway === other.gateway;
}
