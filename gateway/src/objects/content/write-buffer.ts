import type { FileHandle } from 'node:fs/promises';

const HALF_BYTES = 512 * 1024;

/**
 * Gathers pieces of a large file and writes them half a megabyte at a time: one half is filled while the other is written. A
 * write of each piece by itself would cost more than receiving it.
 */
export class WriteBuffer {
  readonly #file: FileHandle;
  /** Where in the file the half that is being filled begins. */
  #position: number;
  #filling = Buffer.allocUnsafeSlow(HALF_BYTES);
  #other = Buffer.allocUnsafeSlow(HALF_BYTES);
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** How much of the file is written, at least; the rest is in memory. */
  get writtenSize(): number {
    return Math.max(0, this.#position - HALF_BYTES);
  }

  /** Takes in `bytes`, which may be used again when the promise resolves. Rejects where an earlier write failed. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const count = Math.min(bytes.length - offset, HALF_BYTES - this.#filled);
      this.#filling.set(bytes.subarray(offset, offset + count), this.#filled);
      this.#filled += count;
      offset += count;
      if (this.#filled === HALF_BYTES) await this.#turn();
    }
  }

  /** Writes what is left. Rejects where any write failed. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#writing;
  }

  /** Waits for the half before, and begins to write this one. */
  async #turn(): Promise<void> {
    await this.#writing;
    const half = this.#filling.subarray(0, this.#filled);
    this.#writing = writeAll(this.#file, half, this.#position);
    // Whoever comes next is told.
    this.#writing.catch(() => {});
    this.#position += this.#filled;
    this.#filled = 0;
    [this.#filling, this.#other] = [this.#other, this.#filling];
  }
}

/** Writes all of `bytes` at `position`. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.length - offset, position + offset);
    offset += bytesWritten;
  }
}
