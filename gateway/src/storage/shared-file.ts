import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import { replaceFile } from './atomic-file.ts';

/** What is known of things that several gateways share, each by its key, and up to where the servers were heard. */
export interface SharedKnowledge<Entry, Place> {
  readonly entries: Record<string, Entry>;
  readonly place?: Place | undefined;
}

/** Keeps that as `{"version": 1, "entries": {...}, "place": {...}}`, replaced as a whole; hashes and times only. */
export function sharedFile<Entry, Place>(dataDir: string) {
  const path = join(dataDir, SHARED_FILE);
  return {
    async load(): Promise<SharedKnowledge<Entry, Place> | undefined> {
      try {
        const { version, entries, place } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
        if (version !== 1 || typeof entries !== 'object' || entries === null)
          throw new TypeError('it is of another version');
        return { entries: entries as Record<string, Entry>, place: place as Place | undefined };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        const why = error instanceof Error ? error.message : String(error);
        throw new GatewayError(
          'DATA_DAMAGED',
          `What is known of accounts that are shared cannot be read from ${path}: ${why}. Restore that file from a backup, or remove it: then what the other gateways have counts.`,
        );
      }
    },
    save: (known: SharedKnowledge<Entry, Place>): Promise<void> =>
      replaceFile(path, `${JSON.stringify({ version: 1, ...known })}\n`),
  };
}
