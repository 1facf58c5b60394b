import { z } from 'zod';

// What the keys of the configuration are made of, so that the same kind of value has the same bounds everywhere.

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
/** The longest time a timer of Node's can wait, some 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const portNumber = z.number().int().min(0).max(65535);

/** A port to listen on; 0 takes a free one. */
export const port = (standard: number) => portNumber.default(standard);
/** As `port`; where nothing is said, the listener stays closed, or whoever opens it has another rule. */
export const optionalPort = portNumber.optional();
/** An address to listen on. */
export const host = z.string().min(1).default('127.0.0.1');
/** A number of things. */
export const count = (standard: number, least = 1) => z.number().int().min(least).default(standard);
/** A number of bytes in memory, up to a gigabyte. */
export const bytes = (standard: number, least = 256) => z.number().int().min(least).max(GIB).default(standard);
/** A number of bytes on disk. */
export const largeBytes = (standard: number) => z.number().int().min(256).default(standard);
/** A time in milliseconds that a timer can wait. */
export const duration = (standard: number, least = 0) =>
  z.number().int().min(least).max(MAX_TIMER_MS).default(standard);

/** Whether `+` and `#` are whole levels of a topic filter, and `#` the last one (MQTT 5, section 4.7.1). */
export function hasWholeWildcards(filter: string): boolean {
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

/** A list whose items have a name each, no two the same. */
export const namedApart = <Item extends z.ZodType<{ name: string }>>(item: Item, most: number) =>
  z
    .array(item)
    .max(most)
    .default([])
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, { error: 'each needs another name' });
