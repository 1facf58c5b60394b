import { link, mkdir, rename, stat } from 'node:fs/promises';
import { syncFolder } from '../../storage/atomic-file.ts';
import { corrupt } from '../content/checked-stream.ts';
import { isMissing } from '../content/faults.ts';
import type { Layout } from './layout.ts';

/** Makes the folder of an object's files, so that it survives a power cut. Throws the system's error. */
export async function makeShard(layout: Layout, hash: string): Promise<void> {
  const made = await mkdir(layout.shard(hash), { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(layout.folder);
}

/**
 * Gives a file its name in the store in addition to its old one, so that it can be read by one of them all the time. On file systems
 * without hard links it is renamed. Throws ObjectError `corrupt` if there is no such file, and the system's error.
 */
export async function linkContent(key: string, from: string, to: string): Promise<void> {
  try {
    await link(from, to).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      if (isMissing(error)) throw error;
      return rename(from, to);
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    // An earlier run may have done it and been killed right afterwards.
    if (!(await stat(to).catch(() => undefined))) throw corrupt(key, 'is gone');
  }
}
