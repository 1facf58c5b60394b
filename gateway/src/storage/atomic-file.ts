import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ownerOfOpened } from './owner.ts';

/**
 * Replaces the file at `path`: after a power cut, a reader finds the old contents or the new ones, never a part. Only this user may read
 * the file. Throws the system's error and keeps the old file if it fails.
 *
 * @param ready what must be done before the new contents count, while they are written; where it rejects, so does this
 */
export async function replaceFile(path: string, text: string | Uint8Array, ready?: Promise<unknown>): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      const owner = ownerOfOpened(dirname(path));
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await ready;
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes created, renamed and removed names in a folder survive a power cut. Not every file system supports this. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } catch {
    // Nothing more can be done here; the file itself is on disk.
  } finally {
    await folder?.close();
  }
}
