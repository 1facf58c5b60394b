import { ObjectError } from '../contract.ts';

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Turns an error of the file system into an ObjectError; an ObjectError stays as it is. */
export function toObjectError(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (NO_ROOM.has(code)) {
    return new ObjectError('full', 'There is no room left on the disk; delete something or take a larger one.', {
      cause: error,
    });
  }
  return new ObjectError('unavailable', `The disk with the objects cannot be used now: ${message}.`, { cause: error });
}

/** True for the error "no such file". */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
