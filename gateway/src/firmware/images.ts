import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { FileFault, type FileSource } from '../protocols/frames/files/access.ts';
import { replaceFile } from '../storage/atomic-file.ts';

/** A file of firmware that devices can read. */
export interface OpenImage extends FileSource {
  close(): Promise<void>;
}

/** What a file is called by: hex digits. */
export function digestOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}

const NAME = /^[0-9a-f]{64}\.ccfw$/;
const BLOCK_BYTES = 32 * 1024;
/** So many blocks are kept, for boards that take the same image at the same time. */
const MAX_BLOCKS = 64;

/** Files of firmware in a folder, each called by the SHA-256 of its content, so that each is there once. */
export class Images {
  readonly #folder: string;
  /** By digest and offset. */
  readonly #blocks = new Map<string, Promise<Uint8Array>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps a file; it is on the disk when this resolves to its digest. Throws the system's error. */
  async keep(file: Uint8Array): Promise<string> {
    const digest = digestOf(file);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(digest);
    const known = await stat(path).catch(() => undefined);
    if (known?.size !== file.length) await replaceFile(path, file);
    return digest;
  }

  /** Opens a file for devices, however many. Throws the system's error, or an Error where it is not what it was. */
  async open(digest: string): Promise<OpenImage> {
    const file = await open(this.#pathOf(digest), 'r');
    try {
      const { size } = await file.stat();
      const hash = createHash('sha256');
      let crc = 0;
      for (let offset = 0; offset < size; ) {
        const bytes = await read(file, offset, BLOCK_BYTES);
        if (bytes.length === 0) break;
        hash.update(bytes);
        crc = crc32(bytes, crc);
        offset += bytes.length;
      }
      if (hash.digest('hex') !== digest) throw new Error('The file is not what it was.');
      return {
        size,
        crc32: crc,
        name: 'firmware.ccfw',
        read: (offset, length) => this.#read(digest, file, offset, length),
        close: () => {
          for (const key of this.#blocks.keys()) if (key.startsWith(digest)) this.#blocks.delete(key);
          return file.close();
        },
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** What is wanted of one block: boards share what was read for one of them. */
  async #read(digest: string, file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
    const start = offset - (offset % BLOCK_BYTES);
    const key = `${digest} ${start}`;
    const block = this.#blocks.get(key) ?? read(file, start, BLOCK_BYTES);
    // The one that was used last is the last to go.
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    const [oldest] = this.#blocks.keys();
    if (oldest !== undefined && this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(oldest);
    try {
      return (await block).subarray(offset - start, offset - start + length);
    } catch (cause) {
      this.#blocks.delete(key);
      throw new FileFault('no_file', 'It cannot be read.', { cause });
    }
  }

  /** Removes all but these. Never rejects: what stays is removed another time. */
  async removeAllBut(digests: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const isImage = NAME.test(name.replace(/\.new$/, ''));
      if (!isImage || digests.has(name.slice(0, 64))) continue;
      await rm(join(this.#folder, name), { force: true }).catch(() => {});
    }
  }

  #pathOf(digest: string): string {
    return join(this.#folder, `${digest}.ccfw`);
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
