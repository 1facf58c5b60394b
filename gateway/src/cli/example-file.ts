import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the configuration that explains every key is, for a person in this folder. */
export function exampleFile(folder: string): string {
  const file = fileURLToPath(new URL('../../crosscomm.example.yaml', import.meta.url));
  const near = relative(folder, file);
  return near.startsWith('..') ? file : near;
}
