import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { DigestThread, FollowedFile } from './digest-thread.ts';
import { ContentDigest, type Digests, digestFile } from './digests.ts';
import { WriteBuffer, writeAll } from './write-buffer.ts';

/** Larger files are digested on another thread while they arrive, smaller ones here. */
const LARGE_BYTES = 1024 * 1024;
/** This much is synced to disk at a time, so that the end of a large file does not have to wait for all of it. */
const FLUSH_BYTES = 64 * 1024 * 1024;

export interface IntakeOptions {
  thread: DigestThread;
  /** Whether the MD5 of a large file is wanted; that of a small one costs nothing. */
  withMd5: boolean;
  /** Up to a megabyte of a large file may be only in memory until it is finished or closed, which is quicker. */
  gathers?: boolean;
}

/** A file that content is appended to, one append at a time. Every method throws the system's errors. */
export class IntakeFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #options: IntakeOptions;
  #size: number;
  #buffer: WriteBuffer | undefined;
  #followed: FollowedFile | undefined;
  /** Of all that was taken in so far, while that is little, and known from its beginning. */
  #digest: ContentDigest | undefined;
  #flushedSize: number;
  #flushing: Promise<void> | undefined;
  /** The system reports a failed write only once, to the first who asks; so it is remembered here. */
  #fault: unknown;

  private constructor(path: string, file: FileHandle, options: IntakeOptions, size: number) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    this.#size = size;
    this.#flushedSize = size;
  }

  /** Creates the file, which must not exist; readable by this user alone. */
  static async create(path: string, options: IntakeOptions): Promise<IntakeFile> {
    const file = new IntakeFile(path, await open(path, 'wx', 0o600), options, 0);
    file.#digest = new ContentDigest({ withMd5: true });
    return file;
  }

  /** Continues an existing file. */
  static async resume(path: string, options: IntakeOptions): Promise<IntakeFile> {
    const file = await open(path, 'r+');
    try {
      const { size } = await file.stat();
      return new IntakeFile(path, file, options, size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes taken in so far. */
  get size(): number {
    return this.#size;
  }

  /** Writes or buffers all of `bytes`; the caller may reuse them when the promise resolves. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#options.gathers && this.#size > LARGE_BYTES) this.#buffer ??= new WriteBuffer(this.#file, this.#size);
    if (this.#size + bytes.length > LARGE_BYTES) this.#digest = undefined;
    const written = this.#buffer ? this.#buffer.append(bytes) : writeAll(this.#file, bytes, this.#size);
    // While the system writes them.
    this.#digest?.update(bytes);
    try {
      await written;
    } catch (error) {
      // Not all of what is digested is in the file.
      this.#digest = undefined;
      throw error;
    }
    this.#size += bytes.length;
    if (this.#size > LARGE_BYTES) this.#followed ??= this.#options.thread.follow(this.path, this.#options);
    this.#followed?.grown(this.#buffer?.writtenSize ?? this.#size);
    if (this.#size - this.#flushedSize >= FLUSH_BYTES && !this.#flushing) this.#flush();
  }

  /** Discards everything after the first `size` bytes. */
  async truncate(size: number): Promise<void> {
    this.#followed?.cancel();
    this.#followed = undefined;
    this.#digest = undefined;
    await this.#empty();
    await this.#file.truncate(size);
    this.#size = size;
    this.#flushedSize = Math.min(this.#flushedSize, size);
  }

  /** Syncs everything to disk. */
  async sync(): Promise<void> {
    await this.#empty();
    await this.#flushing;
    if (this.#fault === undefined) await this.#sync();
    if (this.#fault !== undefined) throw this.#fault;
  }

  /**
   * Digests and closes the file. Its content is then on disk, but its name may not be: syncing the folder is up to the caller. If the
   * content could not be written, the file is removed.
   */
  async finish(): Promise<Digests> {
    const followed = this.#followed;
    this.#followed = undefined;
    const digested = this.#digest?.digest();
    this.#digest = undefined;
    const digestHere = (): Promise<Digests> =>
      digestFile(this.path, this.#size, { withMd5: this.#options.withMd5 || this.#size <= LARGE_BYTES });
    try {
      await this.#empty();
      const digests = digested ?? followed?.finish(this.#size).catch(digestHere) ?? digestHere();
      const [found] = await Promise.all([digests, this.sync()]);
      return found;
    } finally {
      await this.#end();
    }
  }

  /** Closes the file as it is; must not be called after `finish`. */
  async close(): Promise<void> {
    this.#followed?.cancel();
    this.#followed = undefined;
    await this.#empty().catch(() => {});
    await this.#flushing;
    await this.#end();
  }

  /** Data that failed to be synced can still be read, and a second sync reports no error, although it may never reach the disk. */
  async #end(): Promise<void> {
    await this.#file.close();
    if (this.#fault === undefined) return;
    await unlink(this.path).catch(() => {});
    this.#size = 0;
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#fault = error;
    }
  }

  /** Writes what is only in memory. If that fails, the size is reduced to what was written. */
  async #empty(): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#buffer = undefined;
    try {
      await buffer.flush();
    } catch (error) {
      this.#size = (await this.#file.stat()).size;
      throw error;
    }
  }

  #flush(): void {
    this.#flushedSize = this.#size;
    this.#flushing = this.#sync().then(() => {
      this.#flushing = undefined;
    });
  }
}
