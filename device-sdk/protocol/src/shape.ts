import { type Encodable, Float, type Value, type ValueMap } from './value.ts';

/**
 * The values of a map without its keys (SPEC.md, section 7), or undefined where its keys are not just the first ones of `shape`.
 * A plain object is a map, too.
 */
export function toShape(value: Encodable, shape: readonly string[]): Encodable[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (value instanceof Uint8Array || value instanceof Float) return undefined;
  const members =
    value instanceof Map ? value : new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  if (members.size > shape.length) return undefined;
  const values: Encodable[] = [];
  for (const key of shape.slice(0, members.size)) {
    if (!members.has(key)) return undefined;
    values.push(members.get(key) as Encodable);
  }
  return values;
}

/** The map whose values they are; undefined where there are more than the shape has keys. */
export function fromShape(values: readonly Value[], shape: readonly string[]): ValueMap | undefined {
  if (values.length > shape.length) return undefined;
  return new Map(values.map((value, index) => [shape[index] as string, value]));
}
