import { addExtension, Encoder } from 'cbor-x/encode';
import { FrameError } from './error.ts';
import { type Limits, withDefaults } from './limits.ts';
import { type Scanned, scan } from './scan.ts';
import { withShortFloats } from './shorten.ts';
import {
  type Encodable,
  Float,
  MAX_INTEGER,
  MAX_SMALL,
  MIN_INTEGER,
  type Value,
  type ValueMap,
  wellFormed,
} from './value.ts';

const cbor = new Encoder({
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: false,
  tagUint8Array: false,
  copyBuffers: true,
});

// Without a tag, an extension is only a way to write a class: here an integral number as a float.
addExtension({
  Class: Float,
  encode(this: { alwaysUseFloat: boolean }, float: Float, encode: (value: number) => Uint8Array) {
    this.alwaysUseFloat = true;
    encode(float.value);
    this.alwaysUseFloat = false;
  },
} as unknown as Parameters<typeof addExtension>[0]);

/** How a value is written. */
export interface EncodeOptions extends Partial<Limits> {
  /** Round floats to 32 bits first, for a device that computes in them. Default false. */
  float32?: boolean;
}

/**
 * One value in its shortest encoding. Throws FrameError where it is longer, deeper or of more items than the limits, or
 * is not Encodable (`bad_field`, `bad_key`).
 */
export function encodeValue(value: Encodable, options: EncodeOptions = {}): Uint8Array {
  const { maxBytes, maxDepth, maxItems } = withDefaults(options);
  const wire = new Normaliser(maxDepth, maxItems, options.float32 === true).normalise(value, 0);
  const bytes = withShortFloats(cbor.encode(wire));
  if (bytes.length > maxBytes) throw new FrameError('too_large', `${bytes.length} bytes are more than ${maxBytes}`);
  return bytes;
}

/** The value that the bytes are, all of them. Throws FrameError. The bytes may be used again afterwards. */
export function decodeValue(bytes: Uint8Array, limits?: Partial<Limits>): Value {
  // A view of its own: the library leaves a property on what it decodes, and a Buffer's slices share its memory.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scanned = scan(view, withDefaults(limits));
  const settler = new Settler(scanned);
  const value = settler.settle(cbor.decode(view) as Decoded);
  if (settler.pairs !== scanned.pairs) throw new FrameError('duplicate_key', 'a map has a key twice');
  return value;
}

/** Makes of a value what cbor-x writes in its shortest encoding, floats aside. */
class Normaliser {
  readonly #maxDepth: number;
  readonly #maxItems: number;
  readonly #float32: boolean;
  #items = 0;

  constructor(maxDepth: number, maxItems: number, float32: boolean) {
    this.#maxDepth = maxDepth;
    this.#maxItems = maxItems;
    this.#float32 = float32;
  }

  normalise(value: Encodable, depth: number): unknown {
    if (++this.#items > this.#maxItems) throw new FrameError('too_many_items', `more than ${this.#maxItems} items`);
    switch (typeof value) {
      case 'string':
        return wellFormed(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return value;
      case 'bigint':
        return integer(value);
      case 'object':
        break;
      default:
        throw new FrameError('bad_field', `a ${typeof value} is no value`);
    }
    if (value === null || value instanceof Uint8Array) return value;
    if (value instanceof Float) return this.#float(value.value);
    if (depth >= this.#maxDepth) throw new FrameError('too_deep', `nested deeper than ${this.#maxDepth} levels`);
    if (isArray(value)) {
      const { length } = value;
      const items = new Array<unknown>(length);
      for (let index = 0; index < length; index++) items[index] = this.normalise(value[index] as Encodable, depth + 1);
      return items;
    }
    const map = new Map<string | number, unknown>();
    if (value instanceof Map) {
      for (const [key, member] of value as ReadonlyMap<string | number, Encodable>) {
        map.set(this.#key(key), this.normalise(member, depth + 1));
      }
    } else {
      for (const [key, member] of Object.entries(value as { readonly [name: string]: Encodable | undefined })) {
        if (member !== undefined) map.set(this.#key(key), this.normalise(member, depth + 1));
      }
    }
    return map;
  }

  #key(key: string | number): string | number {
    this.#items++;
    if (typeof key === 'string') return wellFormed(key);
    if (Number.isInteger(key) && key >= 0 && key <= MAX_SMALL) return key;
    throw new FrameError('bad_key', `a key is neither text nor an integer up to ${MAX_SMALL}`);
  }

  #number(value: number): unknown {
    if (!Number.isInteger(value)) return this.#float(value);
    if (value >= -(2 ** 32) && value < 2 ** 32) return value;
    return value >= -(2 ** 63) && value < 2 ** 64 ? BigInt(value) : this.#float(value);
  }

  #float(value: number): Float {
    return new Float(this.#float32 ? Math.fround(value) : value);
  }
}

function isArray(value: object): value is readonly Encodable[] {
  return Array.isArray(value);
}

/** cbor-x writes a bigint in nine bytes, whatever it is. */
function integer(value: bigint): number | bigint {
  if (value < MIN_INTEGER || value > MAX_INTEGER) {
    throw new FrameError('bad_field', 'an integer outside of -2^63 to 2^64-1');
  }
  return value >= -(2n ** 32n) && value < 2n ** 32n ? Number(value) : value;
}

type Decoded =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decoded[]
  | Map<string | number | bigint, Decoded>;

/** Turns what cbor-x decoded into values: integral floats, small bigints and keys are not yet what they are to be. */
class Settler {
  pairs = 0;
  readonly #floats: readonly number[];
  #nextFloat = 0;
  #leaves = 0;

  constructor({ integralFloats }: Scanned) {
    this.#floats = integralFloats;
  }

  settle(value: Decoded): Value {
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      if (value instanceof Map) return this.#map(value);
      for (let index = 0; index < value.length; index++) {
        (value as Value[])[index] = this.settle(value[index] as Decoded);
      }
      return value as Value[];
    }
    const leaf = this.#leaves++;
    if (typeof value === 'number') {
      if (this.#floats[this.#nextFloat] !== leaf) return value;
      this.#nextFloat++;
      return new Float(value);
    }
    return typeof value === 'bigint' ? small(value) : value;
  }

  #map(decoded: Map<string | number | bigint, Decoded>): ValueMap {
    const map: ValueMap = new Map();
    for (const [key, value] of decoded) {
      this.#leaves++;
      map.set(typeof key === 'bigint' ? Number(key) : key, this.settle(value));
    }
    this.pairs += map.size;
    return map;
  }
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
