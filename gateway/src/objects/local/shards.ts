import { link, mkdir, rename, stat } from 'node:fs/promises';
import { syncFolder } from '../../storage/atomic-file.ts';
import { corrupt } from '../content/checked-stream.ts';
import { isMissing } from '../content/faults.ts';
import type { Layout } from './layout.ts';

/** The folders of objects' files. */
export class Shards {
  readonly #layout: Layout;
  /** Those that are surely there. */
  readonly #made = new Set<string>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Makes the folder of an object's files, so that it survives a power cut. Throws the system's error. */
  async make(hash: string): Promise<void> {
    const folder = this.#layout.shard(hash);
    if (this.#made.has(folder)) return;
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(this.#layout.folder);
    this.#made.add(folder);
  }

  /** Something went wrong in that folder: it may be gone. */
  doubt(hash: string): void {
    this.#made.delete(this.#layout.shard(hash));
  }
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
