import { open, unlink } from 'node:fs/promises';
import { type BodyMemory, isShared, MAX_WHOLE_BYTES } from './body-memory.ts';
import { ContentDigest, type Digests } from './digests.ts';
import { IntakeFile, type IntakeOptions } from './intake-file.ts';
import { writeAll } from './write-buffer.ts';

export interface WholeFileOptions extends IntakeOptions {
  memory: BodyMemory;
  /** Bytes, where that is announced. */
  size: number | undefined;
}

/** Content whose digests are known. */
export interface WrittenContent {
  digests: Digests;
  /**
   * Resolves when the content is on disk, though its name may not be: syncing the folder is up to the caller. Rejects with the system's error;
   * who does not wait for it need not handle that.
   */
  onDisk: Promise<void>;
}

/**
 * A new file whose content is gathered in memory while it is small, and then written at once: a step of the disk for each piece would cost more
 * than all the rest. What is larger, or finds no memory, is written as it comes. Every method throws the system's errors.
 */
export class WholeFile {
  readonly #path: string;
  readonly #options: WholeFileOptions;
  #memory: Buffer | undefined;
  #gathered = 0;
  /** Undefined where the other thread is to do it. */
  #digest: ContentDigest | undefined;
  #file: IntakeFile | undefined;

  /** Nothing is on disk yet. */
  constructor(path: string, options: WholeFileOptions) {
    this.#path = path;
    this.#options = options;
    const { memory, size = MAX_WHOLE_BYTES } = options;
    this.#memory = memory.take(size);
    // Alone it is digested while it comes, and there is nothing to gain from another thread.
    const isCrowded = memory.taken > 1 && this.#memory !== undefined && isShared(this.#memory);
    if (!isCrowded) this.#digest = new ContentDigest({ withMd5: true });
  }

  /** Takes in all of `bytes`; the caller may reuse them when the promise resolves. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#memory === undefined || this.#gathered + bytes.length > this.#memory.length) {
      await (await this.#spilled()).append(bytes);
      return;
    }
    this.#memory.set(bytes, this.#gathered);
    this.#gathered += bytes.length;
    this.#digest?.update(bytes);
  }

  /** Digests and closes the file. If the content cannot be written, the file is removed. */
  async finish(): Promise<WrittenContent> {
    const memory = this.#memory;
    if (memory === undefined) {
      const digests = await (await this.#spilled()).finish();
      return { digests, onDisk: Promise.resolve() };
    }
    this.#memory = undefined;
    const bytes = memory.subarray(0, this.#gathered);
    const onDisk = writeFile(this.#path, bytes);
    onDisk.catch(() => {});
    const digests = this.#digest?.digest() ?? this.#options.thread.digest(bytes, { withMd5: true });
    // It is somebody else's once nobody reads it.
    void Promise.allSettled([onDisk, digests]).then(() => this.#options.memory.give(memory));
    return { digests: await digests, onDisk };
  }

  /** Ends it as it is; must not be called after `finish`. */
  async close(): Promise<void> {
    this.#giveMemory();
    await this.#file?.close();
  }

  /** Goes on with a file that is written as the content comes. */
  async #spilled(): Promise<IntakeFile> {
    this.#file ??= await IntakeFile.create(this.#path, this.#options);
    const memory = this.#memory;
    if (memory === undefined) return this.#file;
    try {
      if (this.#gathered > 0) await this.#file.append(memory.subarray(0, this.#gathered));
      return this.#file;
    } finally {
      this.#giveMemory();
    }
  }

  #giveMemory(): void {
    if (this.#memory) this.#options.memory.give(this.#memory);
    this.#memory = undefined;
  }
}

/** Makes a file, on disk when the promise resolves; readable by this user alone. */
async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await writeAll(file, bytes, 0);
    await file.datasync();
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}
