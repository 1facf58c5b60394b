import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that was found below a directory. */
export interface WalkedFile {
  /** From that directory on, with `/` between the names. */
  path: string;
  /** Bytes. */
  size: number;
  mtimeMs: number;
}

/**
 * The files below a directory, at any depth, each directory's in the order of their names. Symbolic links are not followed: they are
 * left out, as is all that is neither file nor directory. Throws the system's errors.
 */
export async function* walk(directory: string, below = ''): AsyncGenerator<WalkedFile> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(directory, path);
    if (!entry.isFile()) continue;
    const { size, mtimeMs } = await lstat(join(directory, path));
    yield { path, size, mtimeMs };
  }
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}
