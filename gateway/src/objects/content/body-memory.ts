/** As much as one body has, and as all have together, bytes. */
export const MAX_WHOLE_BYTES = 1024 * 1024;
const MAX_BYTES = 16 * MAX_WHOLE_BYTES;
/** Larger bodies get memory that the thread of the digests has too. It is kept for the next one, as new memory takes as long as to fill it. */
const LARGE_BYTES = 128 * 1024;
/** How much of it is kept while nothing is on its way. */
const MAX_KEPT = 2;

/** The memory of bodies that are gathered, each in one piece, before they are written. */
export class BodyMemory {
  readonly #free: Buffer[] = [];
  #taken = 0;
  #bytes = 0;

  /** How many have memory now. */
  get taken(): number {
    return this.#taken;
  }

  /** Memory for a body of up to so many bytes; undefined where there is none left, or it is too large. */
  take(bytes: number): Buffer | undefined {
    if (bytes > MAX_WHOLE_BYTES) return undefined;
    const memory = bytes > LARGE_BYTES ? MAX_WHOLE_BYTES : bytes;
    if (this.#bytes + memory > MAX_BYTES) return undefined;
    this.#bytes += memory;
    this.#taken++;
    if (memory < MAX_WHOLE_BYTES) return Buffer.allocUnsafe(memory);
    return this.#free.pop() ?? Buffer.from(new SharedArrayBuffer(MAX_WHOLE_BYTES));
  }

  /** Gives back what was taken, which nobody uses any more. */
  give(memory: Buffer): void {
    this.#bytes -= memory.length;
    this.#taken--;
    if (isShared(memory)) this.#free.push(memory);
    if (this.#taken === 0) this.#free.splice(MAX_KEPT);
  }
}

/** Whether another thread can have it too. */
export function isShared(memory: Uint8Array): boolean {
  return memory.buffer instanceof SharedArrayBuffer;
}
