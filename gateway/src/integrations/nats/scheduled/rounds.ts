/** Goes through keys a few at a time, and through all of them in turn, although some come and go meanwhile. */
export class Rounds {
  #after = '';

  /** The next ones in their order, at most so many: behind those given last, and from the first one on where none are left. */
  next(keys: Iterable<string>, most: number): { readonly keys: string[]; readonly isLast: boolean } {
    const left = [...keys].filter((key) => key > this.#after).sort();
    const given = left.slice(0, most);
    const isLast = given.length === left.length;
    this.#after = isLast ? '' : (given.at(-1) ?? '');
    return { keys: given, isLast };
  }
}
