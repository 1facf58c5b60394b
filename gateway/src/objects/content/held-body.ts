import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { ObjectError } from '../contract.ts';
import { type Announced, checkDigest, checkSize } from './expectations.ts';
import { toObjectError } from './faults.ts';
import { writeAll } from './write-buffer.ts';

export interface HoldOptions {
  /** Where it goes if it is large: a new file. */
  path: string;
  announced: Pick<Announced, 'size' | 'md5'>;
  /** Takes so many bytes of the memory for such bodies; false if it does not have them. */
  takeMemory(bytes: number): boolean;
  freeMemory(bytes: number): void;
  /** Called with each piece before it is taken in; what it throws ends it. */
  onPiece(bytes: number): void;
}

const PIECE_BYTES = 128 * 1024;
/** Larger ones go into a file. */
const MAX_HELD_BYTES = 256 * 1024;

/** The body of an append, all of it, before it becomes a part of its object: in memory, or in a file that is never synced to the disk. */
export class HeldBody {
  /** Bytes. */
  size = 0;
  readonly #options: HoldOptions;
  #pieces: Buffer[] = [];
  #file: FileHandle | undefined;

  private constructor(options: HoldOptions) {
    this.#options = options;
  }

  /** Takes in a body. Throws ObjectError `wrong_size`, `wrong_digest`, `full`, `unavailable`, and what the body or `onPiece` throws. */
  static async receive(body: AsyncIterable<Uint8Array>, options: HoldOptions): Promise<HeldBody> {
    const { announced, onPiece } = options;
    const held = new HeldBody(options);
    const md5 = announced.md5 === undefined ? undefined : createHash('md5');
    try {
      for await (const piece of body) {
        if (announced.size !== undefined && held.size + piece.length > announced.size) {
          throw new ObjectError('wrong_size', `${announced.size} bytes were announced, and more came.`);
        }
        onPiece(piece.length);
        md5?.update(piece);
        await held.#take(piece).catch(rethrow);
      }
      checkSize(announced.size, held.size);
      if (md5) checkDigest('MD5', announced.md5, md5.digest('hex'));
      return held;
    } catch (error) {
      await held.discard();
      throw error;
    }
  }

  /** All of it, in pieces of which each is valid only until the next one is requested. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    if (!this.#file) {
      yield* this.#pieces;
      return;
    }
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let position = 0; position < this.size; ) {
      const wanted = Math.min(PIECE_BYTES, this.size - position);
      const { bytesRead } = await this.#file.read(buffer, 0, wanted, position);
      if (bytesRead === 0)
        throw new ObjectError('corrupt', 'What was to be appended is gone; the disk may be failing.');
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  async discard(): Promise<void> {
    this.#forgetPieces();
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
    if (file) await unlink(this.#options.path).catch(() => {});
  }

  async #take(piece: Uint8Array): Promise<void> {
    const isSmall = this.size + piece.length <= MAX_HELD_BYTES;
    if (!this.#file && isSmall && this.#options.takeMemory(piece.length)) {
      // The caller reuses its memory.
      this.#pieces.push(Buffer.from(piece));
    } else {
      this.#file ??= await this.#spill();
      await writeAll(this.#file, piece, this.size);
    }
    this.size += piece.length;
  }

  async #spill(): Promise<FileHandle> {
    const file = await open(this.#options.path, 'wx+', 0o600);
    // Known at once, so that it is closed whatever happens.
    this.#file = file;
    await writeAll(file, Buffer.concat(this.#pieces), 0);
    this.#forgetPieces();
    return file;
  }

  #forgetPieces(): void {
    for (const { length } of this.#pieces) this.#options.freeMemory(length);
    this.#pieces = [];
  }
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}
