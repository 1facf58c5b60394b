import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { TokenMemory } from '@crosscomm/protocol';

/** A file in which a client keeps its token, readable by its owner alone. */
export function tokenFile(path: string): TokenMemory {
  return {
    load: () => {
      try {
        return readFileSync(path, 'utf8').trim() || undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    // A token that is half written would lock its client out.
    store: async (token) => {
      const unnamed = `${path}.new`;
      const file = await open(unnamed, 'w', 0o600);
      try {
        await file.writeFile(`${token}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unnamed, path);
    },
  };
}
