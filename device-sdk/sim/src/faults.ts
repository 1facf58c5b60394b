/** What goes wrong with a device, as often on average; 0: never. */
export interface Faults {
  loseLinkEveryMs: number;
  resetEveryMs: number;
  /** How long a lost link stays away, on average. */
  awayMs: number;
  /** A device reads no faster; 0: as fast as it can. */
  readBytesPerSecond: number;
}

/** A device to which nothing happens. */
export const NO_FAULTS: Faults = { loseLinkEveryMs: 0, resetEveryMs: 0, awayMs: 2000, readBytesPerSecond: 0 };
