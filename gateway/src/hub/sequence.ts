/** Numbers in the order in which they are taken: what has the smaller one was first, of clients and channels alike. */
export class Sequence {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}
