/** How many numbers before its highest one are told apart. */
const WINDOW = 65_536;
/** How many origins are remembered; each needs 8 KB. The one that was silent for longest makes room. */
const MAX_ORIGINS = 256;

interface Ring {
  highest: number;
  /** One bit for each of the last numbers, at its remainder by the window. */
  readonly bits: Uint32Array;
}

/**
 * Which kept messages have been here: each has a number of its origin's, of which some may be missing and some come late, but none by more than
 * the window.
 */
export class Seen {
  /** The origin that was heard last is the last one. */
  readonly #rings = new Map<string, Ring>();

  /** Notes a message; false where it was here before, or is too old to know. `number` is a whole number from 0. */
  note(origin: string, number: number): boolean {
    const ring = this.#ringOf(origin, number);
    const { bits, highest } = ring;
    if (number <= highest - WINDOW) return false;
    if (number > highest) {
      forget(bits, highest + 1, number);
      ring.highest = number;
    }
    const slot = number % WINDOW;
    const word = slot >>> 5;
    const bit = 1 << (slot & 31);
    const isNew = ((bits[word] as number) & bit) === 0;
    bits[word] = (bits[word] as number) | bit;
    return isNew;
  }

  #ringOf(origin: string, number: number): Ring {
    const known = this.#rings.get(origin);
    if (known !== undefined) {
      if (this.#rings.size > 1) {
        this.#rings.delete(origin);
        this.#rings.set(origin, known);
      }
      return known;
    }
    if (this.#rings.size >= MAX_ORIGINS) {
      const [oldest] = this.#rings.keys();
      this.#rings.delete(oldest as string);
    }
    const ring = { highest: number - 1, bits: new Uint32Array(WINDOW / 32) };
    this.#rings.set(origin, ring);
    return ring;
  }
}

/** Clears the bits of the numbers from `from` to `to`, which take the place of those a window before. */
function forget(bits: Uint32Array, from: number, to: number): void {
  if (to - from >= WINDOW) {
    bits.fill(0);
    return;
  }
  for (let number = from; number <= to; number++) {
    const slot = number % WINDOW;
    const word = slot >>> 5;
    bits[word] = (bits[word] as number) & ~(1 << (slot & 31));
  }
}
