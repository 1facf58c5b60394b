import { FrameError } from './error.ts';
import { Float, type Value, type ValueMap } from './value.ts';

/** The value with the names that `keys` has replaced by their numbers, at any depth. What has none is not copied. */
export function replaceKeys(value: Value, keys: ReadonlyMap<string, number>): Value {
  return mapKeys(value, (key) => (typeof key === 'string' ? (keys.get(key) ?? key) : key));
}

/**
 * The value with every number that is a key replaced by the name that `names` has for it, at any depth. Throws FrameError
 * `unknown_key`, with the number, where there is none.
 */
export function restoreKeys(value: Value, names: readonly string[]): Value {
  return mapKeys(value, (key) => {
    if (typeof key === 'string') return key;
    const name = names[key];
    if (name === undefined) throw new FrameError('unknown_key', `nobody declared the key ${key}`, { key });
    return name;
  });
}

function mapKeys(value: Value, change: (key: string | number) => string | number): Value {
  if (typeof value !== 'object' || value === null || value instanceof Float || value instanceof Uint8Array)
    return value;
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, change));
  const map: ValueMap = new Map();
  for (const [key, member] of value) map.set(change(key), mapKeys(member, change));
  return map;
}
