import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { type LocalFile, noFile, openBlob } from './local-file.ts';

/** Opens a path, or a Blob. */
export async function openFile(content: unknown): Promise<LocalFile> {
  const blob = openBlob(content);
  if (blob) return blob;
  if (typeof content !== 'string') throw noFile('A file is the path of one, or a Blob.');
  let handle: FileHandle | undefined;
  try {
    handle = await open(content);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('it is no file');
    return opened(handle, basename(content), stats.size);
  } catch (error) {
    await handle?.close();
    throw noFile(`${content} cannot be read: ${(error as Error).message}.`, error);
  }
}

function opened(handle: FileHandle, name: string, size: number): LocalFile {
  return {
    name,
    size,
    read: (offset, length) => readAt(handle, offset, length),
    close: () => handle.close(),
  };
}

/** Up to `length` bytes from the offset on; none at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
