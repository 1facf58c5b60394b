/** Chunks from this size on are handed over as they are instead of being copied. */
const LARGE_CHUNK_BYTES = 4096;
const LEAST_BUFFER_BYTES = 256;
const MOST_BUFFER_BYTES = 64 * 1024;
const SMALL_BYTES = 2048;
/** The most bytes of UTF-8 that one character of a text becomes. */
const MAX_CHARACTER_BYTES = 3;

/** Gathers the pieces of packets that one connection is to be sent in few chunks. */
export class WriteBuffer {
  #full: Uint8Array[] | undefined;
  /** The first piece, as long as it is the only one: it need not be copied. */
  #only: Uint8Array | undefined;
  #buffer: Buffer | undefined;
  #used = 0;
  #nextBufferBytes = LEAST_BUFFER_BYTES;
  #bytes = 0;

  /** How many bytes were gathered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `piece` must not be written to any more. */
  append(piece: string | Uint8Array): void {
    if (this.#bytes === 0 && typeof piece !== 'string') {
      this.#only = piece;
      this.#bytes = piece.length;
      return;
    }
    const only = this.#only;
    if (only !== undefined) {
      this.#only = undefined;
      this.#bytes = 0;
      this.#gather(only);
    }
    this.#gather(piece);
  }

  #gather(piece: string | Uint8Array): void {
    const chunk =
      typeof piece === 'string' && piece.length * MAX_CHARACTER_BYTES > LARGE_CHUNK_BYTES ? Buffer.from(piece) : piece;
    const most = typeof chunk === 'string' ? chunk.length * MAX_CHARACTER_BYTES : chunk.length;
    if (typeof chunk !== 'string' && most >= LARGE_CHUNK_BYTES) {
      this.#closeBuffer();
      this.#finish(chunk);
      this.#bytes += most;
      return;
    }
    let buffer = this.#buffer;
    if (buffer === undefined || this.#used + most > buffer.length) {
      // What is little is copied once more: one chunk is written faster than two.
      const before = buffer !== undefined && this.#used < SMALL_BYTES ? buffer.subarray(0, this.#used) : undefined;
      if (before === undefined) this.#closeBuffer();
      while (this.#nextBufferBytes < this.#used + most) this.#nextBufferBytes *= 2;
      buffer = Buffer.allocUnsafe(this.#nextBufferBytes);
      if (before !== undefined) buffer.set(before);
      this.#nextBufferBytes = Math.min(this.#nextBufferBytes * 2, MOST_BUFFER_BYTES);
      this.#buffer = buffer;
    }
    let written = most;
    if (typeof chunk === 'string') written = buffer.write(chunk, this.#used);
    else if (most === 1) buffer[this.#used] = chunk[0] as number;
    else buffer.set(chunk, this.#used);
    this.#used += written;
    this.#bytes += written;
  }

  /** What was gathered, in its order; nothing is left. Where it was little, the next buffers are smaller. */
  take(): Uint8Array[] {
    const only = this.#only;
    if (only !== undefined) {
      this.#only = undefined;
      this.#bytes = 0;
      return [only];
    }
    if (this.#bytes < this.#nextBufferBytes / 4 && this.#nextBufferBytes > LEAST_BUFFER_BYTES) {
      this.#nextBufferBytes /= 2;
    }
    this.#closeBuffer();
    const chunks = this.#full ?? [];
    this.#full = undefined;
    this.#bytes = 0;
    return chunks;
  }

  #closeBuffer(): void {
    if (this.#buffer !== undefined && this.#used > 0) this.#finish(this.#buffer.subarray(0, this.#used));
    this.#buffer = undefined;
    this.#used = 0;
  }

  #finish(chunk: Uint8Array): void {
    if (this.#full === undefined) this.#full = [chunk];
    else this.#full.push(chunk);
  }
}
