import { folderOf } from './object-key.ts';
import type { UploadRecord } from './record.ts';

/** Counts the files of each folder that are on their way to the store. */
export class PendingParts {
  /** By the folder's key; folders without such files are not listed. */
  readonly #counts = new Map<string, number>();

  /** `folder` is the key of a folder. */
  in(folder: string): number {
    return this.#counts.get(folder) ?? 0;
  }

  /** An upload has entered this state. */
  enter(record: UploadRecord): void {
    this.#count(record, 1);
  }

  /** An upload has left this state. */
  leave(record: UploadRecord): void {
    this.#count(record, -1);
  }

  #count({ state, kind, key }: UploadRecord, change: 1 | -1): void {
    const folder = kind === 'folder' ? undefined : folderOf(key);
    if (folder === undefined || (state !== 'receiving' && state !== 'accepted')) return;
    const count = this.in(folder) + change;
    if (count === 0) this.#counts.delete(folder);
    else this.#counts.set(folder, count);
  }
}
