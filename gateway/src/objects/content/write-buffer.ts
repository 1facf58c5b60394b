import type { FileHandle } from 'node:fs/promises';

const HALF_BYTES = 512 * 1024;

/**
 * Gathers the pieces of a large file and writes half a megabyte at a time: one half is filled while the other is written. Writing each
 * piece by itself would cost more than receiving it.
 */
export class WriteBuffer {
  readonly #file: FileHandle;
  /** The position in the file of the half that is being filled. */
  #position: number;
  #filling = Buffer.allocUnsafeSlow(HALF_BYTES);
  #other = Buffer.allocUnsafeSlow(HALF_BYTES);
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** At least this much of the file is written; the rest is in memory. */
  get writtenSize(): number {
    return Math.max(0, this.#position - HALF_BYTES);
  }

  /** Takes in `bytes`; the caller may reuse them when the promise resolves. Rejects if an earlier write failed. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const count = Math.min(bytes.length - offset, HALF_BYTES - this.#filled);
      this.#filling.set(bytes.subarray(offset, offset + count), this.#filled);
      this.#filled += count;
      offset += count;
      if (this.#filled === HALF_BYTES) await this.#turn();
    }
  }

  /** Writes what is left. Rejects if any write failed. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#writing;
  }

  /** Waits for the previous half to be written, and starts to write this one. */
  async #turn(): Promise<void> {
    await this.#writing;
    const half = this.#filling.subarray(0, this.#filled);
    this.#writing = writeAll(this.#file, half, this.#position);
    // The next caller gets the error.
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
