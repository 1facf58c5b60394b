import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../atomic-file.ts';
import { ownerOfNew } from '../owner.ts';

/** So much is written before it is brought to the disk: a cache full of what must be written would stop everybody else who writes. */
const SYNC_BYTES = 16 * 1024 * 1024;

export interface SaveOptions {
  /** Called now and then with how much was written, in bytes; what it throws ends the backup. */
  check?: (bytes: number) => Promise<void>;
}

/**
 * Writes a backup into a file that its owner alone may read. Until it is whole and on the disk, it has another name, `PATH.new`; if that
 * fails, nothing of it stays, and a file that was there before does. Returns its length in bytes; throws what the pieces, the system or
 * `check` throw.
 */
export async function saveBackup(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { check }: SaveOptions = {},
): Promise<number> {
  const temporary = `${path}.new`;
  // Of a run that was killed; a link that somebody else has put there is not followed.
  await unlink(temporary).catch(() => {});
  const file = await open(temporary, 'wx', 0o600);
  let bytes = 0;
  let synced = 0;
  try {
    try {
      const owner = await ownerOfNew(dirname(path));
      if (owner) await file.chown(owner.uid, owner.gid);
      for await (const piece of pieces) {
        await file.writeFile(piece);
        bytes += piece.length;
        if (bytes - synced < SYNC_BYTES) continue;
        synced = bytes;
        await file.datasync();
        await check?.(bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return bytes;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}
