import { fileNameOf } from '@crosscomm/protocol';
import type { ObjectInfo } from './contract.ts';

/**
 * What an object can be saved as: by what its writer called it, as its own record says, or else by the last part of its key. Harmless
 * on every system, whatever was said.
 */
export function nameOfObject({ metadata, fileName, key }: Pick<ObjectInfo, 'metadata' | 'fileName' | 'key'>): string {
  return fileNameOf(metadata.name, fileName, key);
}
