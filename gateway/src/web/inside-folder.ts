import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Not through a link that took the file's place meanwhile, and without waiting for the other end of a pipe. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ENXIO']);

/** `folder`: it is one. `outside`: there is a link on the way that leads out of the folder, or nowhere. `none`: there is no such file. */
export type NoFile = 'folder' | 'outside' | 'none';

/**
 * Opens the file at `parts`, names in a path below `folder`, which may be a link itself. Links are followed where they stay within, and
 * what is opened is what was checked, whatever is renamed meanwhile (on Linux). Of what is outside nothing is opened, and nothing said.
 *
 * Throws the system's error where a file of the folder cannot be read.
 */
export async function openInside(folder: string, parts: readonly string[]): Promise<FileHandle | NoFile> {
  try {
    const root = await realpath(folder);
    const file = await resolveInside(root, parts);
    return file === undefined ? 'outside' : await openFile(root, file);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return 'none';
    throw error;
  }
}

/** The path without links; undefined where one leads out, or nowhere: which of the two would tell what is outside. */
async function resolveInside(root: string, parts: readonly string[]): Promise<string | undefined> {
  let real = root;
  for (const part of parts) {
    const path = join(real, part);
    try {
      real = await realpath(path);
    } catch (error) {
      if (await isLink(path)) return undefined;
      throw error;
    }
    if (!isWithin(root, real)) return undefined;
  }
  return real;
}

async function openFile(root: string, file: string): Promise<FileHandle | NoFile> {
  // A device is not even opened.
  const kind = await lstat(file);
  if (kind.isDirectory()) return 'folder';
  if (!kind.isFile()) return 'none';
  const handle = await open(file, FLAGS);
  try {
    const isFile = (await handle.stat()).isFile();
    const where = await placeOf(handle, file);
    if (isFile && where !== undefined && isWithin(root, where)) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return 'none';
}

/**
 * Where the opened file is, without links. Linux knows it of the descriptor. Elsewhere its path is looked at again, which somebody who
 * renames folders of it at exactly the right moments could deceive.
 */
async function placeOf(handle: FileHandle, file: string): Promise<string | undefined> {
  const known = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (known !== undefined) return known;
  const [opened, named] = await Promise.all([handle.stat({ bigint: true }), lstat(file, { bigint: true })]);
  const isSame = opened.dev === named.dev && opened.ino === named.ino;
  return isSame && (await realpath(file)) === file ? file : undefined;
}

async function isLink(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isSymbolicLink() === true;
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
