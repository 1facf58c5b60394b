import { folderOf } from './object-key.ts';
import type { UploadRecord } from './record.ts';

/** How many files of each folder are on their way to the store. */
export class PendingParts {
  /** By the folder's key; a folder without any is not there. */
  readonly #counts = new Map<string, number>();

  /** `folder` is the key of one. */
  in(folder: string): number {
    return this.#counts.get(folder) ?? 0;
  }

  /** An upload has come into its state. */
  enter(record: UploadRecord): void {
    this.#count(record, 1);
  }

  /** An upload that entered is in this state no more. */
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
