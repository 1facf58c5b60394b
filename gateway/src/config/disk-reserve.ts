import type { Config } from './schema.ts';

/** What the database needs beside what it keeps, and what the rest of the system needs. */
const WORKING_BYTES = 128 * 1024 * 1024;

/**
 * How many bytes of the disk files leave free: room for every message that may still be accepted, as none that was
 * acknowledged may be lost because files have filled the disk.
 */
export function diskReserveBytes({ limits, mqtt }: Pick<Config, 'limits' | 'mqtt'>): number {
  return WORKING_BYTES + limits.maxRetainedBytes + limits.maxScheduledBytes + mqtt.maxQueuedBytes;
}
