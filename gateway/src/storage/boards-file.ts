import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BOARDS_FILE } from '../common/data-files.ts';
import { replaceFile } from './atomic-file.ts';

/** Boards of controls on disk. */
export interface BoardsFile {
  /** What was saved last; undefined: nothing. `setAside`: the file that cannot be read was renamed to this. */
  load(): Promise<{ boards: readonly unknown[] } | { setAside: string } | undefined>;
  /** Replaces all of them as a whole. */
  save(boards: readonly object[]): Promise<void>;
}

/**
 * Keeps boards of controls in `boards.json`: `{"version": 1, "boards": [BOARD, ...]}`, replaced as a whole. A file that cannot be read is put
 * aside, as the gateway works without it.
 */
export function boardsFile(dataDir: string): BoardsFile {
  const path = join(dataDir, BOARDS_FILE);
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const boards = boardsIn(text);
      if (boards) return { boards };
      const setAside = `${path}.damaged`;
      await rename(path, setAside);
      return { setAside };
    },
    save: (boards) => replaceFile(path, `${JSON.stringify({ version: 1, boards }, undefined, 1)}\n`),
  };
}

function boardsIn(text: string): readonly unknown[] | undefined {
  try {
    const { version, boards } = JSON.parse(text) as { version?: unknown; boards?: unknown };
    return version === 1 && Array.isArray(boards) ? boards : undefined;
  } catch {
    return undefined;
  }
}
