import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file of the data directory as it was when it was opened. */
export interface OpenedFile {
  /** Below the data directory, with slashes. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What is in it, or the descriptor by which it is read. */
  readonly content: Buffer | number;
}

/** Files up to this size are read at once, so that thousands of uploads need no descriptors. */
const SMALL_BYTES = 4096;

/**
 * Opens a file, of which the first `size` bytes count: of one that grows, what is there now. Undefined where there is none.
 *
 * @param name below the data directory, for the backup
 */
export function openFile(path: string, name: string): OpenedFile | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > SMALL_BYTES) return { name, size, content: descriptor };
    const content = Buffer.alloc(size);
    if (readAt(descriptor, content, 0) < size) throw changed(name);
    closeSync(descriptor);
    return { name, size, content };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Fills `buffer` from `position` on; returns how much of it there was. */
export function readAt(descriptor: number, buffer: Uint8Array, position: number): number {
  let length = 0;
  while (length < buffer.length) {
    const bytesRead = readSync(descriptor, buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

export function closeFile({ content }: OpenedFile): void {
  if (typeof content === 'number') closeSync(content);
}

/** For a file that became shorter while it was read: an upload that its sender began anew. */
export function changed(name: string): Error {
  return new Error(`${name} was changed while it was read, as by an upload that began anew; try again`);
}
