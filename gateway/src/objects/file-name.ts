import { fileNameOf } from '@crosscomm/protocol';
import type { ObjectInfo } from './contract.ts';

/** The file name to save an object under: the name in its record or else the last part of its key, made harmless for every system. */
export function nameOfObject({ metadata, fileName, key }: Pick<ObjectInfo, 'metadata' | 'fileName' | 'key'>): string {
  return fileNameOf(metadata.name, fileName, key);
}
