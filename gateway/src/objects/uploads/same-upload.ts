import { folderOf } from './object-key.ts';
import type { UploadRecord, UploadRequest } from './record.ts';

const SAME = ['name', 'kind', 'to', 'isAppend'] as const;
const SAME_IF_KNOWN = ['size', 'md5', 'sha256', 'crc32'] as const;

/** Whether a repeated announcement describes the same upload as the first one. */
export function isSame(known: UploadRecord, request: UploadRequest): boolean {
  // A key that the sender did not ask for was made here and is in no folder.
  const isKeySame = request.key === undefined ? folderOf(known.key) === undefined : known.key === request.key;
  return (
    isKeySame &&
    SAME.every((name) => known[name] === request[name]) &&
    SAME_IF_KNOWN.every((name) => [known[name], undefined].includes(request[name]) || known[name] === undefined)
  );
}

/** What the sender tells about an upload now that it did not know at its beginning. */
export function learned(known: UploadRecord, request: UploadRequest): Partial<UploadRecord> {
  const change: Partial<UploadRecord> = {};
  if (request.inParts && !known.inParts) change.inParts = true;
  if (known.size === undefined && request.size !== undefined) change.size = request.size;
  for (const name of ['md5', 'sha256'] as const) {
    if (known[name] === undefined && request[name] !== undefined) change[name] = request[name];
  }
  return change;
}
