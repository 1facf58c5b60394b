import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type LocalFile, noFile } from './local-file.ts';
import type { FolderFile, LocalFolder } from './local-folder.ts';
import { readAt } from './node-files.ts';
import { type WalkedFile, walk } from './walk.ts';

/** What has become a link since it was found is not followed, and what has become a pipe not waited for; Windows knows neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Looks through the directory at a path. Throws CrossCommError `bad_content`. */
export async function openFolder(content: unknown): Promise<LocalFolder> {
  if (typeof content !== 'string' || content === '') throw noFile('A folder is the path of one.');
  const directory = resolve(content);
  const files: FolderFile[] = [];
  try {
    for await (const file of walk(directory)) {
      files.push({ path: file.path, size: file.size, open: () => openPart(directory, file) });
    }
  } catch (error) {
    throw noFile(`The folder ${content} cannot be read: ${(error as Error).message}.`, error);
  }
  return { name: basename(directory), files };
}

async function openPart(directory: string, file: WalkedFile): Promise<LocalFile> {
  const { path, size } = file;
  let handle: FileHandle | undefined;
  try {
    handle = await open(join(directory, path), FLAGS);
    return await opened(handle, file);
  } catch (error) {
    await handle?.close();
    throw noFile(`${path} (${size} bytes) cannot be read: ${(error as Error).message}.`, error);
  }
}

async function opened(handle: FileHandle, { path, size, mtimeMs }: WalkedFile): Promise<LocalFile> {
  const check = async (): Promise<void> => {
    const now = await handle.stat();
    if (now.size < size) throw new Error('it has become shorter since the folder was looked through');
    if (now.size > size) throw new Error('it has become longer since the folder was looked through');
    if (now.mtimeMs !== mtimeMs || !now.isFile()) throw new Error('it was changed since the folder was looked through');
  };
  await check();
  return {
    name: path,
    size,
    async read(offset, length) {
      const bytes = await readAt(handle, offset, length);
      // What was read before may be of another version than what comes last.
      if (bytes.length === 0 || offset + bytes.length >= size) await check();
      return bytes;
    },
    close: () => handle.close(),
  };
}
