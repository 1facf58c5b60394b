import { readFile, rename } from 'node:fs/promises';
import type { KeptList } from '../common/kept-list.ts';
import { replaceFile } from './atomic-file.ts';

/** Keeps a list in a file: `{"version": 1, NAME: [...]}`, replaced as a whole. One that cannot be read is put aside, as the gateway works without it. */
export function listFile(path: string, name: string): KeptList {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const list = listIn(text, name);
      if (list) return { list };
      const setAside = `${path}.damaged`;
      await rename(path, setAside);
      return { setAside };
    },
    save: (list) => replaceFile(path, `${JSON.stringify({ version: 1, [name]: list }, undefined, 1)}\n`),
  };
}

function listIn(text: string, name: string): readonly unknown[] | undefined {
  try {
    const { version, [name]: list } = JSON.parse(text) as Record<string, unknown>;
    return version === 1 && Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
