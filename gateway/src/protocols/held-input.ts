/** How much a client may send before it is known who it is: UTF-16 units of text, or bytes. */
export const MAX_HELD_LENGTH = 64 * 1024;

const NOTHING: readonly never[] = [];

/**
 * What a client sends while it is not known yet who it is: kept in its order, and bounded. What comes first has room whatever its length,
 * as its wire bounds that; what finds no room is left out. It costs nothing while it is empty.
 */
export class HeldInput<T extends { readonly length: number }> {
  #units: T[] | undefined;
  #length = 0;

  /** Keeps a unit; false where there is no room for it. */
  hold(unit: T): boolean {
    if (this.#units !== undefined && this.#length + unit.length > MAX_HELD_LENGTH) return false;
    this.#units ??= [];
    this.#units.push(unit);
    this.#length += unit.length;
    return true;
  }

  /** Gives back what it kept, in order, and keeps nothing any more. */
  take(): readonly T[] {
    const units = this.#units ?? NOTHING;
    this.#units = undefined;
    this.#length = 0;
    return units;
  }
}
