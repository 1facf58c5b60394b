/**
 * A float whose value is integral, such as 1.0: JavaScript has one type of number, the wire has two. A `number` is a
 * float where it has a fraction, or is NaN, infinite, or beyond the integers of 64 bits; for all others there is this.
 */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A value as it is decoded (SPEC.md, section 2). Integers beyond 2^53 are bigint, and only those. */
export type Value = null | boolean | number | bigint | Float | string | Uint8Array | Value[] | ValueMap;

/** Keys are text, or the small integers of a dictionary. */
export type ValueMap = Map<string | number, Value>;

/** What can be encoded: values, and plain objects, which are maps; a member that is undefined is left out. */
export type Encodable =
  | null
  | boolean
  | number
  | bigint
  | Float
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string | number, Encodable>
  | { readonly [name: string]: Encodable | undefined };

export const MIN_INTEGER = -(2n ** 63n);
export const MAX_INTEGER = 2n ** 64n - 1n;
/** Keys of maps, aliases and types end here. */
export const MAX_SMALL = 65_535;

const SURROGATE = /\p{Surrogate}/u;
const SURROGATES = /\p{Surrogate}/gu;

/** The text with U+FFFD for each half of a surrogate pair, which UTF-8 cannot say. */
export function wellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(SURROGATES, '\ufffd') : text;
}
