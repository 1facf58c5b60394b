import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import { replaceFile } from './atomic-file.ts';

/** Keeps what is known of things that several gateways share: `{"version": 1, "entries": {...}}`, replaced as a whole; hashes and times only. */
export function sharedFile<Entry>(dataDir: string) {
  const path = join(dataDir, SHARED_FILE);
  return {
    async load(): Promise<Record<string, Entry> | undefined> {
      try {
        const { version, entries } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
        if (version !== 1 || typeof entries !== 'object' || entries === null)
          throw new TypeError('it is of another version');
        return entries as Record<string, Entry>;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        const why = error instanceof Error ? error.message : String(error);
        throw new GatewayError(
          'DATA_DAMAGED',
          `What is known of accounts that are shared cannot be read from ${path}: ${why}. Restore that file from a backup, or remove it: then what the other gateways have counts.`,
        );
      }
    },
    save: (entries: Record<string, Entry>): Promise<void> =>
      replaceFile(path, `${JSON.stringify({ version: 1, entries })}\n`),
  };
}
