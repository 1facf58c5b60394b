import type { BaseConfig } from './schema.ts';

/** What the database needs beside what it keeps, and what the rest of the system needs. */
const WORKING_BYTES = 128 * 1024 * 1024;
/** How much of a small disk is left free at most, unless the above is more. */
const MOST_OF_DISK = 1 / 4;

/**
 * How many bytes of a disk of `diskBytes` files leave free: room for every message that may still be accepted, as none
 * that was acknowledged may be lost because files have filled the disk; of a small disk no more than a quarter.
 *
 * @param keptBytes what protocols may keep of messages beside the hub
 */
export function diskReserveBytes({ limits }: Pick<BaseConfig, 'limits'>, keptBytes: number, diskBytes: number): number {
  const messages = limits.maxRetainedBytes + limits.maxScheduledBytes + keptBytes;
  return Math.min(WORKING_BYTES + messages, Math.max(WORKING_BYTES, diskBytes * MOST_OF_DISK));
}
