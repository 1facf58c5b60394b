const SMALLEST_BYTES = 512;
/** At most this much is free where pieces are as large. */
const SPARE_BYTES = 64 * 1024;

/** Where a piece is; of the oldest and the newest of them it depends where there is room. */
export interface Piece {
  start: number;
  length: number;
}

/**
 * Pieces of bytes, first in, first out, each in one. They have one memory of their own, so that a message that is remembered for a moment only
 * is nothing that the garbage collector would have to look after.
 */
export class ByteRing {
  buffer = Buffer.allocUnsafeSlow(SMALLEST_BYTES);
  #end = 0;

  /**
   * Makes room for a piece of up to `length` bytes behind the newest, and returns where it begins. `pieces`: all there are, oldest first; where they
   * have to move, they are told their new places.
   */
  reserve(length: number, pieces: { readonly oldest: Piece | undefined; all(): Iterable<Piece> }): number {
    const start = this.#free(length, pieces.oldest);
    if (start !== undefined) return start;
    let used = 0;
    for (const piece of pieces.all()) used += piece.length;
    this.#move(used + length, pieces.all());
    return this.#end;
  }

  /** The piece that room was made for is there. */
  commit(start: number, length: number): void {
    this.#end = start + length;
  }

  /** Gives back memory that is hardly used. */
  shrink(usedBytes: number, pieces: Iterable<Piece>): void {
    if (this.buffer.length > SMALLEST_BYTES && this.buffer.length > 8 * usedBytes) this.#move(usedBytes, pieces);
  }

  #free(length: number, oldest: Piece | undefined): number | undefined {
    const { length: size } = this.buffer;
    if (oldest === undefined) return length <= size ? 0 : undefined;
    const end = this.#end;
    // Those that are there go round the end of the memory, and there is room up to the oldest only.
    if (end <= oldest.start) return end + length < oldest.start ? end : undefined;
    if (end + length <= size) return end;
    return length < oldest.start ? 0 : undefined;
  }

  #move(neededBytes: number, pieces: Iterable<Piece>): void {
    const bytes = neededBytes + Math.min(neededBytes, SPARE_BYTES);
    const moved = Buffer.allocUnsafeSlow(Math.max(SMALLEST_BYTES, bytes));
    let end = 0;
    for (const piece of pieces) {
      this.buffer.copy(moved, end, piece.start, piece.start + piece.length);
      piece.start = end;
      end += piece.length;
    }
    this.buffer = moved;
    this.#end = end;
  }
}
