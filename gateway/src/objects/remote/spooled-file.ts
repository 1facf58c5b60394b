import { unlink } from 'node:fs/promises';
import { type Digests, digestFile } from '../content/digests.ts';
import { ObjectError } from '../contract.ts';
import { checkpointOf } from './checkpoint.ts';

/** What a store takes over: a complete file of the spool. */
export interface SpooledFile {
  path: string;
  digests: Digests;
}

/** The store has the file: the record of its parts is not needed any more. */
export async function forgetCheckpoint(path: string): Promise<void> {
  await unlink(checkpointOf(path)).catch(() => {});
}

/** Throws ObjectError `corrupt` if the disk has lost the file: no further attempt can succeed. */
export async function checkFile(key: string, { path, digests: { size, sha256 } }: SpooledFile): Promise<void> {
  const found = await digestFile(path, size, { withMd5: false }).catch(() => undefined);
  if (found?.sha256 !== sha256) throw gone(key);
}

/** The answer for a file that the disk has lost or changed. */
export function gone(key: string): ObjectError {
  return new ObjectError(
    'corrupt',
    `The content of ${key} is not any more what was uploaded; the disk may be failing.`,
  );
}

/** What is in the bucket differs from the file, which is sound. */
export function notAsSent(key: string): ObjectError {
  return new ObjectError('unavailable', `What is in the bucket as ${key} is not what was sent; it is sent again.`);
}
